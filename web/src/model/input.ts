import { en } from "@/text/en";
import { isObject } from "./json";

/** A member that a workflow's input schema speaks of. */
export type Expected = {
  name: string;
  type: string;
  description: string;
  isRequired: boolean;
  example: unknown;
};

/** Reads what a workflow expects as its input, as far as its schema says so plainly. */
export function expectedInput(document: unknown): Expected[] {
  const input = isObject(document) ? document["input"] : undefined;
  const schema = isObject(input) && isObject(input["schema"]) ? input["schema"]["document"] : undefined;
  if (!isObject(schema) || !isObject(schema["properties"])) return [];
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(schema["properties"]).map(([name, found]) => {
    const property = isObject(found) ? found : {};
    const type = typeof property["type"] === "string" ? property["type"] : "";
    const description = typeof property["description"] === "string" ? property["description"] : "";
    return {
      name,
      type,
      description,
      isRequired: required.includes(name),
      example: exampleOf(property, type),
    };
  });
}

function exampleOf(property: Record<string, unknown>, type: string): unknown {
  if ("default" in property) return property["default"];
  if (Array.isArray(property["examples"])) return property["examples"][0];
  if (Array.isArray(property["enum"])) return property["enum"][0];
  const samples: Record<string, unknown> = {
    string: "",
    number: 0,
    integer: 0,
    boolean: false,
    array: [],
    object: {},
  };
  return samples[type] ?? null;
}

/** Gives an input to begin with. */
export function exampleInput(expected: readonly Expected[]): unknown {
  return Object.fromEntries(
    expected.filter((each) => each.isRequired).map(({ name, example }) => [name, example]),
  );
}

export type Parsed = { value: unknown; error: null } | { value: undefined; error: string };

/** Reads a typed input, and says what is wrong before the server does. */
export function parseInput(text: string, expected: readonly Expected[]): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { value: undefined, error: en.workflows.invalid(error instanceof Error ? error.message : "") };
  }
  const given = isObject(value) ? value : {};
  const missing = expected
    .filter(({ name, isRequired }) => isRequired && !(name in given))
    .map(({ name }) => name);
  return missing.length
    ? { value: undefined, error: en.workflows.missing(missing.join(", ")) }
    : { value, error: null };
}

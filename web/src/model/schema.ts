import { escapePointer, isObject, type JsonObject } from "./json";

/** What a field of a form is, as far as a plain JSON Schema says it. */
export type FieldKind = "text" | "long" | "number" | "integer" | "boolean" | "choice" | "json";
export type FormField = {
  name: string;
  pointer: string;
  kind: FieldKind;
  label: string;
  help: string;
  isRequired: boolean;
  choices: unknown[];
  schema: JsonObject;
};

/** Gives the fields of a form, in the order of its properties. */
export function fieldsOf(schema: unknown, hints: unknown): FormField[] {
  if (!isObject(schema) || !isObject(schema["properties"])) return [];
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(schema["properties"]).map(([name, found]) => {
    const property = isObject(found) ? found : {};
    const hint = isObject(hints) && isObject(hints[name]) ? hints[name] : {};
    return {
      name,
      pointer: `/${escapePointer(name)}`,
      kind: kindOf(property, hint),
      label: text(hint["label"]) || text(property["title"]) || name,
      help: text(hint["help"]) || text(property["description"]),
      isRequired: required.includes(name),
      choices: Array.isArray(property["enum"]) ? property["enum"] : [],
      schema: property,
    };
  });
}

function kindOf(property: JsonObject, hint: JsonObject): FieldKind {
  if (Array.isArray(property["enum"])) return "choice";
  switch (property["type"]) {
    case "string":
      return hint["widget"] === "textarea" ? "long" : "text";
    case "number":
    case "integer":
    case "boolean":
      return property["type"];
    default:
      return "json";
  }
}

/** Gives the values a form begins with: its defaults. */
export function defaultsOf(fields: readonly FormField[]): JsonObject {
  return Object.fromEntries(
    fields.flatMap(({ name, schema, kind }) => {
      if ("default" in schema) return [[name, schema["default"] ?? null]];
      return kind === "boolean" ? [[name, false]] : [];
    }),
  );
}

/** Gives what is wrong with each field, by its pointer, before the server is asked. */
export function mistakesIn(fields: readonly FormField[], values: JsonObject): Map<string, string> {
  const mistakes = new Map<string, string>();
  for (const field of fields) {
    const value = values[field.name];
    const mistake = isMissing(value) ? (field.isRequired ? "required" : null) : mistakeOf(field, value);
    if (mistake) mistakes.set(field.pointer, mistake);
  }
  return mistakes;
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === "";
}

function mistakeOf({ kind, schema }: FormField, value: unknown): string | null {
  if (kind === "json")
    return typeof value === "string" && schema["type"] !== "string" ? "is not valid JSON" : null;
  if (typeof value === "number") return numberMistake(kind, schema, value);
  if (kind === "number" || kind === "integer") return "is not a number";
  return typeof value === "string" ? textMistake(schema, value) : null;
}

function numberMistake(kind: FieldKind, schema: JsonObject, value: number): string | null {
  const { minimum, maximum } = schema;
  if (kind === "integer" && !Number.isInteger(value)) return "is not a whole number";
  if (typeof minimum === "number" && value < minimum) return `is below ${minimum}`;
  if (typeof maximum === "number" && value > maximum) return `is above ${maximum}`;
  return null;
}

function textMistake(schema: JsonObject, value: string): string | null {
  const { minLength, maxLength } = schema;
  const length = [...value].length;
  if (typeof minLength === "number" && length < minLength) return `is shorter than ${minLength} characters`;
  if (typeof maxLength === "number" && length > maxLength) return `is longer than ${maxLength} characters`;
  return null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

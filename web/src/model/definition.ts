import { brief, escapePointer, isObject, type Json, type JsonObject } from "./json";

/** What a task does: the member that makes it one, in the order in which they are looked for. */
export const KINDS = [
  "call",
  "switch",
  "for",
  "fork",
  "try",
  "listen",
  "emit",
  "raise",
  "run",
  "set",
  "wait",
  "do",
] as const;
export type Kind = (typeof KINDS)[number] | "unknown";

export type Case = { name: string; when: string | null; then: string };

/** A task as it stands in the document. */
export type Step = {
  pointer: string;
  name: string;
  kind: Kind;
  /** What it does, in a few words of the document. */
  detail: string;
  /** Where it goes on: `continue`, `exit`, `end` or the name of a task. */
  then: string;
  cases: readonly Case[];
  scopes: readonly Scope[];
  isConditional: boolean;
};

export type Role = "body" | "branch" | "try" | "catch" | "finally" | "each";

/** A list of tasks. */
export type Scope = { pointer: string; role: Role; steps: readonly Step[] };

/** Gives the tasks of a workflow document, as far as they can be read. */
export function readDefinition(document: unknown): Scope {
  return { pointer: "/do", role: "body", steps: isObject(document) ? readSteps(document["do"], "/do") : [] };
}

/** Gives every step, each before those inside it. */
export function* allSteps(scope: Scope): Generator<Step> {
  for (const step of scope.steps) {
    yield step;
    for (const inner of step.scopes) yield* allSteps(inner);
  }
}

function readSteps(list: unknown, pointer: string): Step[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry, index) => {
    const [name, task] = isObject(entry) ? (Object.entries(entry)[0] ?? []) : [];
    return name === undefined ? [] : [readStep(name, task, `${pointer}/${index}/${escapePointer(name)}`)];
  });
}

function readStep(name: string, task: unknown, pointer: string): Step {
  const body: JsonObject = isObject(task) ? task : {};
  const kind: Kind = KINDS.find((each) => each in body) ?? "unknown";
  return {
    pointer,
    name,
    kind,
    detail: detailOf(kind, body),
    then: typeof body["then"] === "string" ? body["then"] : "continue",
    cases: kind === "switch" ? readCases(body["switch"]) : [],
    scopes: scopesOf(kind, body, pointer),
    isConditional: "if" in body,
  };
}

function readCases(list: unknown): Case[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry) => {
    const [name, found] = isObject(entry) ? (Object.entries(entry)[0] ?? []) : [];
    if (name === undefined || !isObject(found)) return [];
    const { when, then } = found;
    return [
      {
        name,
        when: when === undefined ? null : brief(when, 40),
        then: typeof then === "string" ? then : "continue",
      },
    ];
  });
}

function scopesOf(kind: Kind, body: JsonObject, pointer: string): Scope[] {
  switch (kind) {
    case "do":
    case "for":
      return scope(body["do"], `${pointer}/do`, "body");
    case "fork":
      return branches(body["fork"], `${pointer}/fork/branches`);
    case "try": {
      const handler = isObject(body["catch"]) ? body["catch"]["do"] : undefined;
      return [
        ...scope(body["try"], `${pointer}/try`, "try"),
        ...scope(handler, `${pointer}/catch/do`, "catch"),
        ...scope(body["finally"], `${pointer}/finally`, "finally"),
      ];
    }
    case "listen": {
      const each = isObject(body["foreach"]) ? body["foreach"]["do"] : undefined;
      return scope(each, `${pointer}/foreach/do`, "each");
    }
    default:
      return [];
  }
}

function scope(list: unknown, pointer: string, role: Role): Scope[] {
  const steps = readSteps(list, pointer);
  return steps.length ? [{ pointer, role, steps }] : [];
}

function branches(fork: unknown, pointer: string): Scope[] {
  const list = isObject(fork) ? fork["branches"] : undefined;
  return readSteps(list, pointer).map((step) => ({ pointer: step.pointer, role: "branch", steps: [step] }));
}

function detailOf(kind: Kind, body: JsonObject): string {
  const value = kind === "unknown" ? null : (body[kind] ?? null);
  switch (kind) {
    case "call":
      return callDetail(String(value), body["with"]);
    case "for":
      return isObject(value) ? `${text(value["each"], "item")} in ${text(value["in"], "")}` : "";
    case "set":
      return isObject(value) ? Object.keys(value).join(", ") : brief(value, 40);
    case "wait":
      return isObject(value)
        ? Object.entries(value)
            .map(([unit, amount]) => `${brief(amount)} ${unit}`)
            .join(" ")
        : brief(value, 40);
    case "run":
      return isObject(value) ? (Object.keys(value)[0] ?? "") : "";
    case "switch":
      return Array.isArray(value)
        ? value.flatMap((entry) => (isObject(entry) ? Object.keys(entry) : [])).join(", ")
        : "";
    case "raise":
      return isObject(value)
        ? brief(isObject(value["error"]) ? value["error"]["type"] : value["error"], 40)
        : "";
    default:
      return "";
  }
}

function callDetail(called: string, given: Json | undefined): string {
  if (!isObject(given)) return called;
  const { method, endpoint, title, model } = given;
  const more = [method, isObject(endpoint) ? endpoint["uri"] : endpoint, title, model].filter(
    (each) => typeof each === "string",
  );
  return more.length ? `${called} · ${brief(more.join(" "), 60)}` : called;
}

function text(value: Json | undefined, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

/** Fields of the engine's state whose text is JSON. */
const TEXTS = new Set([
  "input",
  "output",
  "context",
  "error",
  "data",
  "variables",
  "raw_input",
  "arguments",
  "items",
  "filters",
  "correlation",
  "caught",
]);

/** Gives the state as the server sends it, `[kind, members]`, with JSON texts as values. */
export function readable(state: unknown): unknown {
  const members = Array.isArray(state) ? state[1] : state;
  return opened(members, "");
}

function opened(value: unknown, name: string): unknown {
  if (typeof value === "string") return TEXTS.has(name) ? parsed(value) : value;
  if (Array.isArray(value)) return value.map((each) => opened(each, ""));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, opened(inner, key)]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

import { escapePointer } from "./json";

/** Where a text occurs in a value: the pointers of the places, and of everything above them. */
export type Found = { matches: Set<string>; above: Set<string>; count: number };

const MOST = 5000;

/** Finds a text in names and values, without regard to case. */
export function findIn(value: unknown, wanted: string): Found {
  const found: Found = { matches: new Set(), above: new Set(), count: 0 };
  search(value, null, "", wanted.toLowerCase(), found);
  return found;
}

function search(value: unknown, name: string | null, pointer: string, wanted: string, found: Found): boolean {
  if (found.count >= MOST) return false;
  const isNested = typeof value === "object" && value !== null;
  const isHere = (name ?? "").toLowerCase().includes(wanted) || (!isNested && leaf(value).includes(wanted));
  if (isHere) {
    found.matches.add(pointer);
    found.count += 1;
  }
  let isBelow = false;
  if (isNested)
    for (const [key, inner] of Object.entries(value))
      isBelow = search(inner, key, `${pointer}/${escapePointer(key)}`, wanted, found) || isBelow;
  if (isBelow) found.above.add(pointer);
  return isHere || isBelow;
}

function leaf(value: unknown): string {
  return (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).toLowerCase();
}

/** One difference between two values. */
export type Change = {
  pointer: string;
  before: unknown;
  after: unknown;
  kind: "added" | "removed" | "changed";
};

/** Gives what differs between two values, place by place, in the order of their names. */
export function differences(before: unknown, after: unknown, pointer = ""): Change[] {
  if (Object.is(before, after)) return [];
  if (!areBothNested(before, after)) {
    return JSON.stringify(before) === JSON.stringify(after)
      ? []
      : [{ pointer, before, after, kind: "changed" }];
  }
  const left = before as Record<string, unknown>;
  const right = after as Record<string, unknown>;
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names.flatMap((name): Change[] => {
    const place = `${pointer}/${escapePointer(name)}`;
    if (!(name in left)) return [{ pointer: place, before: undefined, after: right[name], kind: "added" }];
    if (!(name in right)) return [{ pointer: place, before: left[name], after: undefined, kind: "removed" }];
    return differences(left[name], right[name], place);
  });
}

function areBothNested(before: unknown, after: unknown): boolean {
  const isNested = (value: unknown) => typeof value === "object" && value !== null;
  return isNested(before) && isNested(after) && Array.isArray(before) === Array.isArray(after);
}

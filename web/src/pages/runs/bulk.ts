import type { RunSummary } from "@/api/queries";

export type BulkAction = "cancel" | "suspend" | "resume";

const POSSIBLE: Record<BulkAction, ReadonlySet<string>> = {
  cancel: new Set(["pending", "queued", "running", "waiting", "suspended"]),
  suspend: new Set(["running", "waiting"]),
  resume: new Set(["suspended"]),
};

/** Tells which runs an action would change, and which their status keeps from it. */
export function preview(
  action: BulkAction,
  runs: readonly RunSummary[],
): { will: RunSummary[]; wont: RunSummary[] } {
  const isPossible = ({ status }: RunSummary) => POSSIBLE[action].has(status);
  return { will: runs.filter(isPossible), wont: runs.filter((each) => !isPossible(each)) };
}

/** Tells whether an action makes sense for a run in this status. */
export function isPossible(action: BulkAction, status: string): boolean {
  return POSSIBLE[action].has(status);
}

/** Works through a list, a few at a time. */
export async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

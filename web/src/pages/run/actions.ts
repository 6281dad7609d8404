import type { Run } from "@/api/queries";

export type Action = { kind: "cancel" | "suspend" | "resume" | "retry" | "skip"; path: string };

const LIVE = new Set(["pending", "queued", "running", "waiting", "suspended"]);

/** Gives what is possible with a run in this status. The engine has the last word. */
export function actionsFor(status: string, run: Run): Action[] {
  const actions: Action[] = [];
  if (status === "faulted" && run.error_path) {
    actions.push({ kind: "retry", path: run.error_path }, { kind: "skip", path: run.error_path });
  }
  if (status === "suspended") actions.push({ kind: "resume", path: "" });
  if (status === "running" || status === "waiting") {
    actions.push({ kind: "suspend", path: "" });
    actions.push(...run.waiting_for.map(({ path }): Action => ({ kind: "skip", path })));
  }
  if (LIVE.has(status)) actions.push({ kind: "cancel", path: "" });
  return actions;
}

/** Gives the address and body of the request for an action. */
export function requestOf(
  run: string,
  action: Action,
  given: { reason: string; output: unknown },
): [string, unknown] {
  const base = `/api/v1/runs/${encodeURIComponent(run)}`;
  switch (action.kind) {
    case "retry":
      return [`${base}/tasks/retry`, { path: action.path }];
    case "skip":
      return [`${base}/tasks/skip`, { path: action.path, output: given.output }];
    case "resume":
      return [`${base}/resume`, {}];
    default:
      return [`${base}/${action.kind}`, { reason: given.reason }];
  }
}

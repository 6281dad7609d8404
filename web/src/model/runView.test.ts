import process from "node:process";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "@/live/hub";
import { byPlace, viewAt } from "./runView";

type Told = [type: string, path?: string, data?: Record<string, unknown>];

function history(...told: Told[]): RunEvent[] {
  return told.map(([type, path = "", data = {}], index) => ({
    run: "r",
    seq: index + 1,
    type,
    at: new Date(1000 * (index + 1)).toISOString(),
    task: path.replaceAll(/@\d+(?=\/|$)/g, ""),
    path,
    actor: "test",
    origin: "",
    data,
  }));
}

const LOOP = history(
  ["RunStarted"],
  ["TaskStarted", "/do/0/l", { kind: "for" }],
  ["ScopeStarted", "/do/0/l/do", { owner: "/do/0/l" }],
  ["TaskScheduled", "/do/0/l/do/0/ask", { node_type: "http", attempt: 1 }],
  ["TaskCompleted", "/do/0/l/do/0/ask"],
  ["TaskScheduled", "/do/0/l/do@2/0/ask", { node_type: "http", attempt: 1 }],
  ["TaskFaulted", "/do/0/l", { error: {} }],
  ["RunFaulted", "", { path: "/do/0/l", error: {} }],
);

describe("the view of a run", () => {
  it("is what the events up to a moment say", () => {
    const view = viewAt(LOOP, 6);
    expect([view.status, view.seq, view.tasks.get("/do/0/l/do@2/0/ask")?.status]).toEqual([
      "running",
      6,
      "running",
    ]);
    expect(viewAt(LOOP, 1).tasks.size).toBe(0);
  });

  it("ends what is inside a task together with the task", () => {
    const view = viewAt(LOOP);
    expect(view.status).toBe("faulted");
    expect([...view.tasks.values()].map((task) => task.status)).toEqual([
      "faulted",
      "completed",
      "cancelled",
    ]);
  });

  it("gathers the passes of a loop at their place in the document", () => {
    const place = byPlace(viewAt(LOOP, 6)).get("/do/0/l/do/0/ask");
    expect(place).toMatchObject({ status: "running", passes: 2, counts: { completed: 1, running: 1 } });
  });

  it("knows what a task waits for, and that a retry is a wait", () => {
    const view = viewAt(
      history(
        ["RunStarted"],
        ["TaskStarted", "/do/0/w", { kind: "wait" }],
        ["TimerStarted", "/do/0/w", { purpose: "wait" }],
        ["TaskStarted", "/do/1/t", { kind: "try" }],
        ["TaskRetried", "/do/1/t", { attempt: 2 }],
      ),
    );
    expect(view.tasks.get("/do/0/w")).toMatchObject({ status: "waiting", waitingFor: "timer" });
    expect(view.tasks.get("/do/1/t")).toMatchObject({ status: "retrying", attempts: 2 });
  });

  it("goes on after a faulted run was reopened", () => {
    const events = history(
      ["RunStarted"],
      ["TaskScheduled", "/do/0/a", { node_type: "http" }],
      ["TaskFaulted", "/do/0/a"],
      ["RunFaulted", "", { path: "/do/0/a" }],
      ["RunReopened", "/do/0/a", { how: "retry" }],
      ["TaskScheduled", "/do/0/a", { node_type: "http" }],
    );
    expect(viewAt(events, 4).endedAt).not.toBeNull();
    expect(viewAt(events)).toMatchObject({ status: "running", endedAt: null });
    expect(viewAt(events).tasks.get("/do/0/a")?.status).toBe("running");
  });

  it("folds ten thousand events fast enough to follow a slider", () => {
    const told: Told[] = Array.from({ length: 10_000 }, (_, index) => [
      "TaskCompleted",
      `/do/0/l/do@${index}/0/s`,
    ]);
    const events = history(["RunStarted"], ...told);
    viewAt(events);
    const before = process.cpuUsage();
    byPlace(viewAt(events));
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(100);
  });
});

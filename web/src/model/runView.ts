import type { RunEvent } from "@/live/hub";

/** Situations of a task instance, as its events tell them. */
export type TaskStatus =
  | "running"
  | "waiting"
  | "retrying"
  | "completed"
  | "faulted"
  | "cancelled"
  | "skipped";

/** One task instance: a task at one place, in one pass. */
export type TaskView = {
  path: string;
  pointer: string;
  status: TaskStatus;
  startedAt: number;
  endedAt: number | null;
  /** What it waits for from outside: `timer`, `event`, `child`, `approval`, … */
  waitingFor: string | null;
  attempts: number;
  nodeType: string | null;
  firstSeq: number;
  lastSeq: number;
};

export type ChildRun = { run: string; workflow: string; path: string; seq: number };

/** A run as it was after some event. Made of events alone, to show; the engine's own fold is what the server gives. */
export type RunView = {
  status: string;
  seq: number;
  at: number;
  startedAt: number;
  endedAt: number | null;
  tasks: Map<string, TaskView>;
  /** Those of the tasks that have not ended. */
  live: Set<TaskView>;
  children: ChildRun[];
};

const FINAL: Record<string, string> = {
  RunCompleted: "completed",
  RunFaulted: "faulted",
  RunCancelled: "cancelled",
};
const STATUS: Record<string, string> = {
  RunStarted: "running",
  RunForked: "running",
  RunQueued: "queued",
  RunAdmitted: "running",
  RunSuspended: "suspended",
  RunResumed: "running",
  RunReopened: "running",
};
const TASK_ENDS: Record<string, TaskStatus> = {
  TaskCompleted: "completed",
  TaskSkipped: "skipped",
  TaskFaulted: "faulted",
  TaskCancelled: "cancelled",
};
/** Events that name a task without saying that it lives. */
const PASSING = new Set([
  "ScopeStarted",
  "ScopeCompleted",
  "CommandRejected",
  "ExtensionPassed",
  "TimerFired",
]);

export function emptyView(): RunView {
  return {
    status: "pending",
    seq: 0,
    at: 0,
    startedAt: 0,
    endedAt: null,
    tasks: new Map(),
    live: new Set(),
    children: [],
  };
}

/** Gives the run as it was after the event `seq`, or after all of them. */
export function viewAt(events: readonly RunEvent[], seq = Number.POSITIVE_INFINITY): RunView {
  const view = emptyView();
  for (const event of events) {
    if (event.seq > seq) break;
    fold(view, event);
  }
  return view;
}

/** Takes one more event into the view. */
export function fold(view: RunView, event: RunEvent): void {
  view.seq = event.seq;
  view.at = Date.parse(event.at);
  if (event.type === "RunStarted" || event.type === "RunForked") view.startedAt = view.at;
  const final = FINAL[event.type];
  if (final) endRun(view, event, final);
  else if (STATUS[event.type]) reopen(view, STATUS[event.type] ?? view.status);
  if (event.path && !final && event.type !== "RunReopened" && !PASSING.has(event.type)) foldTask(view, event);
}

function endRun(view: RunView, event: RunEvent, status: string): void {
  view.status = status;
  view.endedAt = view.at;
  const faultPath = status === "faulted" ? String(event.data["path"] ?? event.path) : null;
  for (const task of [...view.live]) {
    const isCause = faultPath !== null && (task.path === faultPath || faultPath.startsWith(`${task.path}/`));
    end(view, task, event, isCause ? "faulted" : "cancelled");
  }
}

function reopen(view: RunView, status: string): void {
  view.status = status;
  view.endedAt = null;
}

function foldTask(view: RunView, event: RunEvent): void {
  const task = taskOf(view, event);
  task.lastSeq = event.seq;
  const ended = TASK_ENDS[event.type];
  if (ended) finish(view, task, event, ended);
  else change(view, task, event);
}

function change(view: RunView, task: TaskView, event: RunEvent): void {
  switch (event.type) {
    case "TaskRetried":
      task.attempts = Number(event.data["attempt"] ?? task.attempts + 1);
      return wait(task, "retrying", "timer");
    case "TaskScheduled":
      task.nodeType = String(event.data["node_type"] ?? "");
      task.attempts = Math.max(task.attempts, Number(event.data["attempt"] ?? 1));
      return wait(task, "running", null);
    case "TimerStarted":
      if (event.data["purpose"] === "wait") wait(task, "waiting", "timer");
      return;
    case "SubscriptionOpened":
      return wait(task, "waiting", "event");
    case "ChildStarted":
      return startChild(view, task, event);
    case "ApprovalOpened":
      return wait(task, "waiting", "approval");
    default:
      if (task.status === "retrying") wait(task, "running", null);
  }
}

function taskOf(view: RunView, event: RunEvent): TaskView {
  const known = view.tasks.get(event.path);
  if (known && (known.endedAt === null || event.type in TASK_ENDS)) return known;
  const task: TaskView = {
    path: event.path,
    pointer: event.task,
    status: "running",
    startedAt: view.at,
    endedAt: null,
    waitingFor: null,
    attempts: known ? known.attempts : 1,
    nodeType: known ? known.nodeType : null,
    firstSeq: known ? known.firstSeq : event.seq,
    lastSeq: event.seq,
  };
  view.tasks.set(event.path, task);
  view.live.add(task);
  return task;
}

function startChild(view: RunView, task: TaskView, event: RunEvent): void {
  const { child_run_id, namespace, name, version, awaited } = event.data as Record<string, unknown>;
  view.children.push({
    run: String(child_run_id),
    workflow: `${namespace}/${name}:${version}`,
    path: event.path,
    seq: event.seq,
  });
  if (awaited !== false) wait(task, "waiting", "child");
}

function wait(task: TaskView, status: TaskStatus, waitingFor: string | null): void {
  task.status = status;
  task.waitingFor = waitingFor;
}

/** A task that ends takes everything below it along. */
function finish(view: RunView, task: TaskView, event: RunEvent, status: TaskStatus): void {
  end(view, task, event, status);
  for (const other of [...view.live]) {
    if (other.path.startsWith(`${task.path}/`)) end(view, other, event, "cancelled");
  }
}

function end(view: RunView, task: TaskView, event: RunEvent, status: TaskStatus): void {
  view.live.delete(task);
  task.status = status;
  task.endedAt = view.at;
  task.waitingFor = null;
  task.lastSeq = event.seq;
}

export type Counts = Partial<Record<TaskStatus, number>>;
/** What a place in the document looks like: its most telling status, how often it was in each, over all passes. */
export type PlaceView = {
  status: TaskStatus;
  counts: Counts;
  passes: number;
  attempts: number;
  waitingFor: string | null;
};

const WEIGHT: Record<TaskStatus, number> = {
  running: 6,
  retrying: 5,
  waiting: 4,
  faulted: 3,
  completed: 2,
  cancelled: 1,
  skipped: 0,
};

/** Gathers all instances of each place of the document. */
export function byPlace(view: RunView): Map<string, PlaceView> {
  const places = new Map<string, PlaceView>();
  for (const task of view.tasks.values()) {
    const place = places.get(task.pointer);
    if (!place) {
      const { status, attempts, waitingFor } = task;
      places.set(task.pointer, { status, counts: { [status]: 1 }, passes: 1, attempts, waitingFor });
      continue;
    }
    place.passes += 1;
    place.attempts = Math.max(place.attempts, task.attempts);
    place.counts[task.status] = (place.counts[task.status] ?? 0) + 1;
    if (WEIGHT[task.status] >= WEIGHT[place.status]) {
      place.status = task.status;
      place.waitingFor = task.waitingFor;
    }
  }
  return places;
}

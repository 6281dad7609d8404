import type { RunEvent } from "@/live/hub";

/** Events that only say how something was done, not that it happened. */
const DETAILS = new Set([
  "ScopeStarted",
  "ScopeCompleted",
  "TaskHeartbeat",
  "TransitionBounded",
  "TransitionContinued",
  "EvaluationRequested",
  "EvaluationCompleted",
  "ExtensionPassed",
  "TimerStarted",
]);

export type EventFilter = { text: string; task: string | null; isImportant: boolean };

/** Tells whether an event is to be shown. */
export function fitsEvent(event: RunEvent, { text, task, isImportant }: EventFilter): boolean {
  if (isImportant && DETAILS.has(event.type)) return false;
  if (task && event.task !== task && !event.task.startsWith(`${task}/`)) return false;
  if (!text) return true;
  const wanted = text.toLowerCase();
  return (
    event.type.toLowerCase().includes(wanted) ||
    event.path.toLowerCase().includes(wanted) ||
    event.actor.toLowerCase().includes(wanted) ||
    JSON.stringify(event.data).toLowerCase().includes(wanted)
  );
}

import type { Run } from "@/api/queries";
import type { RunEvent } from "@/live/hub";
import { en } from "@/text/en";

export type Payload = { name: string; label: string; value: unknown };

const LABELS: Record<string, string> = {
  input: en.run.data.taskInput,
  arguments: en.run.payload.arguments,
  output: en.run.data.taskOutput,
  details: en.run.payload.details,
  error: en.run.data.error,
  context: en.run.payload.context,
  items: en.run.payload.items,
  event: en.run.payload.event,
};

/** Gives what the events up to `seq` say went into and came out of a task instance, newest value of each kind. */
export function payloadsOf(events: readonly RunEvent[], path: string, seq: number): Payload[] {
  const found = new Map<string, unknown>();
  for (const event of events) {
    if (event.seq > seq) break;
    if (event.path !== path) continue;
    for (const [name, value] of Object.entries(event.data)) if (name in LABELS) found.set(name, value);
  }
  return Object.entries(LABELS).flatMap(([name, label]) =>
    found.has(name) ? [{ name, label, value: found.get(name) }] : [],
  );
}

/** Gives input, output and error of the run, as far as they were known at `seq`. */
export function runPayloads(run: Run, events: readonly RunEvent[], seq: number): Payload[] {
  const payloads: Payload[] = [{ name: "input", label: en.run.data.input, value: run.input }];
  for (const event of events) {
    if (event.seq > seq) break;
    if (event.type === "RunReopened") payloads.splice(1);
    if (event.type === "RunCompleted")
      payloads.push({ name: "output", label: en.run.data.output, value: event.data["output"] });
    if (event.type === "RunFaulted")
      payloads.push({ name: "error", label: en.run.data.error, value: event.data["error"] });
  }
  return payloads;
}

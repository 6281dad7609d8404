import { en } from "@/text/en";
import classes from "./StatusBadge.module.css";

const SHAPE: Record<string, string> = {
  running: "▶",
  waiting: "◷",
  retrying: "↻",
  completed: "✓",
  faulted: "✕",
  cancelled: "⊘",
  suspended: "❚❚",
  queued: "≡",
  pending: "○",
  skipped: "↷",
};

/** A status as a shape, a colour and a word. */
export function StatusBadge({ status }: { status: string }) {
  return (
    <span className={classes.badge} data-status={status}>
      <span aria-hidden="true" className={classes.shape}>
        {SHAPE[status] ?? "○"}
      </span>
      {en.status[status] ?? status}
    </span>
  );
}

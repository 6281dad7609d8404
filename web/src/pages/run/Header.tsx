import { Link } from "react-router";
import type { Run } from "@/api/queries";
import { CopyText } from "@/components/CopyText";
import { Field } from "@/components/Field";
import { StatusBadge } from "@/components/StatusBadge";
import { useNow } from "@/components/useNow";
import { dateTime, duration } from "@/model/format";
import type { RunView } from "@/model/runView";
import { en } from "@/text/en";
import { Actions } from "./Actions";
import classes from "./Run.module.css";

type Props = { run: Run; view: RunView; isPast: boolean };

const ENDED = new Set(["completed", "faulted", "cancelled"]);

/** What a run is, how it stands, and what can be done with it. */
export function Header({ run, view, isPast }: Props) {
  const { namespace, name, version } = run.workflow;
  const status = statusOf(run, view, isPast);
  const isOver = view.endedAt !== null;
  const now = useNow(isOver || isPast ? null : 500);
  const startedAt = view.startedAt || (run.started_at ? Date.parse(run.started_at) : now);
  return (
    <header className={classes.header}>
      <div className={classes.titleLine}>
        <h1 className={classes.title}>
          <span className={classes.quiet}>{namespace}/</span>
          {name}
        </h1>
        <span aria-live="polite">
          <StatusBadge status={status} />
        </span>
        <Actions run={run} view={view} status={statusOf(run, view, false)} />
      </div>
      <dl className={classes.facts}>
        <Field label={en.runs.run}>
          <CopyText text={run.run} />
        </Field>
        <Field label={en.workflows.version}>
          <Link to={`/workflows/${namespace}/${name}/${version}`}>{version}</Link>
        </Field>
        <Field label={en.run.started}>{dateTime(startedAt)}</Field>
        <Field label={isOver ? en.run.took : en.run.runningFor}>
          {duration((view.endedAt ?? (isPast ? view.at : now)) - startedAt)}
        </Field>
        <Field label={en.run.source}>
          {run.parent ? <Link to={`/runs/${run.parent.run}`}>{en.run.parent}</Link> : run.source}
        </Field>
      </dl>
    </header>
  );
}

/** The events tell at once that a run goes on or has ended; the server knows finer what it waits for. */
function statusOf(run: Run, view: RunView, isPast: boolean): string {
  if (view.seq === 0) return run.status;
  if (isPast || ENDED.has(view.status) || view.status !== "running") return view.status;
  const live = [...view.tasks.values()].filter((task) => task.endedAt === null);
  const leaves = live.filter((task) => !live.some((other) => other.path.startsWith(`${task.path}/`)));
  return leaves.length && leaves.every((task) => task.status === "waiting") ? "waiting" : "running";
}

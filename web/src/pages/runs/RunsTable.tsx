import { Link } from "react-router";
import type { RunSummary } from "@/api/queries";
import { Ago } from "@/components/Ago";
import { StatusBadge } from "@/components/StatusBadge";
import { VirtualRows } from "@/components/VirtualRows";
import { duration } from "@/model/format";
import { en } from "@/text/en";
import classes from "./Runs.module.css";

type Props = {
  runs: readonly RunSummary[];
  selected: ReadonlySet<string>;
  select: (runs: ReadonlySet<string>) => void;
  onEnd: () => void;
};

/** The rows. Only those in sight are in the page. */
export function RunsTable({ runs, selected, select, onEnd }: Props) {
  const toggle = (run: string) => {
    const after = new Set(selected);
    if (!after.delete(run)) after.add(run);
    select(after);
  };
  const areAll = runs.length > 0 && runs.every(({ run }) => selected.has(run));
  return (
    <VirtualRows
      count={runs.length}
      label={en.runs.list}
      rowHeight={46}
      onEnd={onEnd}
      keyOf={(index) => runs[index]?.run ?? index}
      header={
        <div className={`${classes.row} ${classes.header}`}>
          <input
            type="checkbox"
            aria-label={en.runs.selectAll}
            checked={areAll}
            onChange={() => select(new Set(areAll ? [] : runs.map(({ run }) => run)))}
          />
          <span className={classes.cellStatus}>{en.runs.status}</span>
          <span className={classes.cellWorkflow}>{en.runs.workflow}</span>
          <span className={classes.cellRun}>{en.runs.run}</span>
          <span className={classes.cellAbout}>{en.runs.about}</span>
          <span className={classes.cellStarted}>{en.runs.started}</span>
          <span className={classes.cellTook}>{en.runs.took}</span>
        </div>
      }
      row={(index) => {
        const run = runs[index];
        return run ? <Row run={run} isSelected={selected.has(run.run)} toggle={toggle} /> : null;
      }}
    />
  );
}

type RowProps = { run: RunSummary; isSelected: boolean; toggle: (run: string) => void };

function Row({ run, isSelected, toggle }: RowProps) {
  const { namespace, name, version } = run.workflow;
  return (
    <div className={classes.row} data-selected={isSelected || undefined}>
      <input
        type="checkbox"
        aria-label={en.runs.select(run.run)}
        checked={isSelected}
        onChange={() => toggle(run.run)}
      />
      <span className={classes.cellStatus}>
        <StatusBadge status={run.status} />
      </span>
      <Link to={`/runs/${run.run}`} className={`${classes.cellWorkflow} ${classes.link}`}>
        <span className={classes.quiet}>{namespace}/</span>
        {name}
        <span className={classes.version}>{version}</span>
      </Link>
      <span className={`${classes.cellRun} mono`} title={run.run}>
        {run.run.slice(0, 8)}
      </span>
      <span className={classes.cellAbout}>{about(run)}</span>
      <span className={classes.cellStarted}>
        <Ago at={run.started_at} />
      </span>
      <span className={classes.cellTook}>
        {run.ended_at ? duration(tookMs(run.started_at, run.ended_at)) : "…"}
      </span>
    </div>
  );
}

function about(run: RunSummary): string {
  if (run.error_type) return run.error_title || run.error_type;
  if (run.waiting_for && !run.ended_at) {
    const kinds = [...new Set(run.waiting_for.split(" "))];
    return en.runs.waitsFor(kinds.map((each) => en.waitingFor[each] ?? each).join(", "));
  }
  return run.output_excerpt ?? run.input_excerpt ?? "";
}

function tookMs(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from);
}

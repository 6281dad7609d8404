import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type Run, type RunSummary, runsQuery } from "@/api/queries";
import { StatusBadge } from "@/components/StatusBadge";
import { en } from "@/text/en";
import type { PanelProps } from "./Panels";
import classes from "./Run.module.css";

/** Where the run comes from and which runs come from it. */
export function LineagePanel({ run, view }: PanelProps) {
  const listed = useQuery(runsQuery({ parent_run_id: run.run, limit: 200, sort: "started_at" }));
  const statuses = new Map((listed.data?.items ?? []).map((each): [string, RunSummary] => [each.run, each]));
  const known = new Set(view.children.map((each) => each.run));
  const more = (listed.data?.items ?? []).filter((each) => !known.has(each.run));
  const children = [
    ...view.children.map(({ run: id, workflow }) => ({ id, workflow, status: statuses.get(id)?.status })),
    ...more.map((each) => ({ id: each.run, workflow: each.workflow.name, status: each.status })),
  ];
  const forks = useQuery(runsQuery({ forked_from: run.run, limit: 200 }));
  const forked = forks.data?.items ?? [];
  if (!run.parent && !children.length && !forked.length && !run.forked_from)
    return <p className={classes.hint}>{en.run.lineage.none}</p>;
  return (
    <div className={classes.data}>
      {run.parent ? (
        <section>
          <h2 className={classes.dataTitle}>{en.run.lineage.parent}</h2>
          <Link to={`/runs/${run.parent.run}`} className="mono">
            {run.parent.run}
          </Link>{" "}
          {run.parent.path ? <code>{run.parent.path}</code> : null}
        </section>
      ) : null}
      {run.forked_from ? <ForkedFrom run={run.run} from={run.forked_from} /> : null}
      {forked.length ? (
        <section>
          <h2 className={classes.dataTitle}>{en.forks.forksOf}</h2>
          <ul className={classes.children}>
            {forked.map((each) => (
              <li key={each.run}>
                <StatusBadge status={each.status} />{" "}
                <Link to={`/runs/${each.run}`} className="mono">
                  {each.run.slice(0, 8)}
                </Link>{" "}
                <Link to={`/compare?a=${run.run}&b=${each.run}`}>{en.forks.compare.go}</Link>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {children.length ? (
        <section>
          <h2 className={classes.dataTitle}>{en.run.lineage.children}</h2>
          <ul className={classes.children}>
            {children.map(({ id, workflow, status }) => (
              <li key={id}>
                {status ? <StatusBadge status={status} /> : null} <Link to={`/runs/${id}`}>{workflow}</Link>{" "}
                <span className="mono">{id.slice(0, 8)}</span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </div>
  );
}

function ForkedFrom({ run, from }: { run: string; from: NonNullable<Run["forked_from"]> }) {
  return (
    <section>
      <h2 className={classes.dataTitle}>{en.forks.forkedFrom}</h2>
      <Link to={`/runs/${from.run}?at=${from.event}`} className="mono">
        {from.run.slice(0, 8)}
      </Link>{" "}
      {en.run.seq(from.event)} <Link to={`/compare?a=${from.run}&b=${run}`}>{en.forks.compare.go}</Link>
    </section>
  );
}

import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type RunSummary, runsQuery } from "@/api/queries";
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
  if (!run.parent && !children.length) return <p className={classes.hint}>{en.run.lineage.none}</p>;
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

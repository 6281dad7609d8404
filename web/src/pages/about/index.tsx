import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type Status, statusQuery, topicsQuery } from "@/api/queries";
import { Problem } from "@/components/Problem";
import { StatusBadge } from "@/components/StatusBadge";
import { useTitle } from "@/components/useTitle";
import { count, duration } from "@/model/format";
import { en } from "@/text/en";
import classes from "./About.module.css";

/** How this installation is: its stores, how far each is, and its topics. */
export function Component() {
  useTitle(en.about.title);
  const { data, error, refetch } = useQuery(statusQuery());
  const topics = useQuery(topicsQuery());
  return (
    <div className={classes.page}>
      <h1 className={classes.title}>{en.about.title}</h1>
      {error ? <Problem error={error} onRetry={() => void refetch()} /> : null}
      {data ? <Parts status={data} /> : null}
      <section className={classes.card}>
        <h2>{en.about.topics}</h2>
        <div className={classes.scroll} tabIndex={0} role="region" aria-label={en.about.topics}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{en.about.topic}</th>
                <th scope="col">{en.about.key}</th>
                <th scope="col">{en.about.writtenBy}</th>
                <th scope="col">{en.about.kept}</th>
              </tr>
            </thead>
            <tbody>
              {(topics.data?.items ?? []).map((topic) => (
                <tr key={topic.name}>
                  <th scope="row" className="mono">
                    {topic.name}
                  </th>
                  <td>{topic.key}</td>
                  <td>{topic.written_by}</td>
                  <td>
                    {topic.retention_ms && topic.retention_ms > 0
                      ? duration(topic.retention_ms)
                      : en.about.forEver}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </div>
  );
}

function Parts({ status }: { status: Status }) {
  const behind = Object.values(status.postgres.commits_behind ?? {}).reduce(
    (sum, each) => sum + Math.max(0, each),
    0,
  );
  return (
    <div className={classes.cards}>
      <Part
        name={en.about.kafka}
        isWell={status.kafka.reachable}
        text={status.kafka.reachable ? en.about.reachable : en.about.away}
      />
      <Part
        name={en.about.postgres}
        isWell={status.postgres.reachable}
        text={
          status.postgres.reachable
            ? behind
              ? en.about.commits(behind)
              : en.about.upToDate
            : (status.postgres.reason ?? en.about.away)
        }
      />
      <Part name={en.about.log} isWell={!status.log.not_ready} text={status.log.not_ready ?? en.about.ready}>
        <ul className={classes.offsets}>
          {Object.entries(status.log.next_offsets).map(([partition, offset]) => (
            <li key={partition}>
              {en.about.partition} {partition}: <span className="mono">{count(offset)}</span>
            </li>
          ))}
        </ul>
      </Part>
      <section className={classes.card}>
        <h2>{en.about.runs}</h2>
        {Object.keys(status.runs ?? {}).length ? null : <p className={classes.quiet}>{en.about.noRuns}</p>}
        <ul className={classes.offsets}>
          {Object.entries(status.runs ?? {}).map(([name, runs]) => (
            <li key={name}>
              <Link to={`/runs?status=${name}`}>
                <StatusBadge status={name} />
              </Link>{" "}
              {count(runs)}
            </li>
          ))}
        </ul>
        <p className={classes.quiet}>
          {en.about.streams}: {status.streams}
        </p>
      </section>
    </div>
  );
}

type PartProps = { name: string; isWell: boolean; text: string; children?: React.ReactNode };

function Part({ name, isWell, text, children }: PartProps) {
  return (
    <section className={classes.card} data-well={isWell}>
      <h2>{name}</h2>
      <p className={isWell ? classes.well : classes.ill}>
        <span aria-hidden="true">{isWell ? "✓" : "✕"}</span> {text}
      </p>
      {children}
    </section>
  );
}

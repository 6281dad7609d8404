import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { Ago } from "@/components/Ago";
import { CopyText } from "@/components/CopyText";
import { Field } from "@/components/Field";
import { Problem } from "@/components/Problem";
import { dateTime } from "@/model/format";
import { en } from "@/text/en";
import classes from "./Approvals.module.css";
import { Context } from "./Context";
import { Decide } from "./Decide";
import { type Approval, approvalQuery } from "./queries";

/** One question: what is shown, who is asked, the form, and what happened to it. */
export function Question({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(approvalQuery(id));
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (!data) return <p className={classes.hint}>{en.loading}</p>;
  return (
    <article className={classes.question} aria-label={data.title}>
      <h2 className={classes.questionTitle}>{data.title}</h2>
      <Facts approval={data} />
      {data.context.map((part, index) => (
        <Context key={index} part={part} />
      ))}
      <Undelivered approval={data} />
      {data.status === "open" ? <Decide approval={data} /> : null}
      <History approval={data} />
      <p className={classes.quiet}>
        {en.approvals.receipt} <CopyText text={data.digest} label={data.digest.slice(0, 16)} />
      </p>
    </article>
  );
}

function Facts({ approval }: { approval: Approval }) {
  const { namespace, name, version } = approval.workflow as Record<string, string>;
  const asked = [...approval.assignees, ...approval.groups];
  return (
    <dl className={classes.facts}>
      <Field label={en.approvals.status}>{en.approvals.statuses[approval.status] ?? approval.status}</Field>
      <Field label={en.approvals.run}>
        <Link to={`/runs/${approval.run}?task=${encodeURIComponent(approval.task)}`}>
          {namespace}/{name} {version}
        </Link>
      </Field>
      <Field label={en.approvals.opened}>
        <Ago at={approval.opened_at} />
      </Field>
      {approval.deadline ? <Field label={en.approvals.deadline}>{dateTime(approval.deadline)}</Field> : null}
      <Field label={en.approvals.asked}>{asked.join(", ") || en.approvals.anybody}</Field>
      <Field label={en.approvals.quorum}>{en.approvals.votes(approval.votes, approval.quorum)}</Field>
      <Field label={en.approvals.startedBy}>{approval.started_by}</Field>
    </dl>
  );
}

function Undelivered({ approval }: { approval: Approval }) {
  const failed = approval.channels.filter((channel) => channel["error"]);
  if (!failed.length) return null;
  return (
    <p className={classes.overdue}>
      {en.approvals.undelivered} {failed.map((each) => `${each["name"]}: ${each["error"]}`).join("; ")}
    </p>
  );
}

function History({ approval }: { approval: Approval }) {
  const all = [
    ...approval.decisions.map((each) => ({
      at: each.at,
      text: en.approvals.decided(each.by, each.decision),
      more: each.comment,
    })),
    ...approval.comments.map((each) => ({ at: each.at, text: en.approvals.said(each.by), more: each.text })),
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (!all.length) return null;
  return (
    <section>
      <h3 className={classes.part}>{en.approvals.history}</h3>
      <ol className={classes.history}>
        {all.map(({ at, text, more }, index) => (
          <li key={index}>
            {text} <span className={classes.quiet}>{dateTime(at)}</span>
            {more ? <blockquote>{more}</blockquote> : null}
          </li>
        ))}
      </ol>
    </section>
  );
}

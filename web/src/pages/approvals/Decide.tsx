import { Button, Group, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { postJson, request } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { Problem } from "@/components/Problem";
import { SchemaForm } from "@/components/SchemaForm";
import type { JsonObject } from "@/model/json";
import { defaultsOf, fieldsOf, mistakesIn } from "@/model/schema";
import { en } from "@/text/en";
import classes from "./Approvals.module.css";
import type { Approval } from "./queries";

type Act = { path: string; body?: unknown };

/** The form and the ways to answer. Nothing is decided but by one of these buttons. */
export function Decide({ approval }: { approval: Approval }) {
  const fields = useMemo(() => fieldsOf(approval.form, approval.ui), [approval.form, approval.ui]);
  const [values, setValues] = useState<JsonObject>(() => defaultsOf(fields));
  const [comment, setComment] = useState("");
  const [wasTried, setTried] = useState(false);
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: ({ path, body }: Act) => send(`/api/v1/approvals/${approval.id}/${path}`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: ["live"] }),
  });
  const mistakes = mistakesIn(fields, values);
  const told = act.error instanceof ApiProblem ? fieldProblems(act.error) : new Map<string, string>();
  const shown = wasTried ? new Map([...told, ...mistakes]) : told;
  const decide = (decision: "approve" | "reject") => {
    setTried(decision === "approve");
    if (decision === "approve" && mistakes.size) return;
    const data = Object.keys(values).length && !mistakes.size ? values : null;
    act.mutate({ path: "decide", body: { decision, data, comment, digest: approval.digest } });
  };
  if (!approval.may_decide) return <p className={classes.quiet}>{en.approvals.mayNot}</p>;
  return (
    <section className={classes.decide} aria-label={en.approvals.decide}>
      <h3 className={classes.part}>{en.approvals.decide}</h3>
      <SchemaForm
        fields={fields}
        values={values}
        onChange={setValues}
        mistakes={shown}
        isOff={act.isPending}
      />
      <Textarea
        label={en.approvals.comment}
        description={en.approvals.commentHint}
        value={comment}
        maxLength={4000}
        autosize
        minRows={2}
        mt="sm"
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      {act.error && !told.size ? <Problem error={act.error} /> : null}
      <Group mt="md" gap="xs">
        <Button color="#1f6b35" onClick={() => decide("approve")} loading={act.isPending}>
          {en.approvals.approve}
        </Button>
        <Button color="red.9" onClick={() => decide("reject")} disabled={act.isPending}>
          {en.approvals.reject}
        </Button>
        <Button
          variant="default"
          disabled={act.isPending || !comment.trim()}
          onClick={() => act.mutate({ path: "request-changes", body: { comment, digest: approval.digest } })}
        >
          {en.approvals.changes}
        </Button>
      </Group>
      <Others approval={approval} comment={comment} act={act.mutate} onSaid={() => setComment("")} />
    </section>
  );
}

type OthersProps = { approval: Approval; comment: string; act: (act: Act) => void; onSaid: () => void };

/** What decides nothing: claim, hand over, say something. */
function Others({ approval, comment, act, onSaid }: OthersProps) {
  const [to, setTo] = useState<string | null>(null);
  const say = () => {
    act({ path: "comment", body: { comment } });
    onSaid();
  };
  return (
    <Group mt="xs" gap="xs" align="end">
      {approval.claimed_by ? (
        <Button size="xs" variant="subtle" onClick={() => act({ path: "release" })}>
          {en.approvals.release}
        </Button>
      ) : (
        <Button size="xs" variant="subtle" onClick={() => act({ path: "claim" })}>
          {en.approvals.claim}
        </Button>
      )}
      <Button size="xs" variant="subtle" disabled={!comment.trim()} onClick={say}>
        {en.approvals.say}
      </Button>
      {to === null ? (
        <Button size="xs" variant="subtle" onClick={() => setTo("")}>
          {en.approvals.delegate}
        </Button>
      ) : (
        <>
          <TextInput
            size="xs"
            label={en.approvals.delegateTo}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
          <Button
            size="xs"
            variant="default"
            disabled={!to.trim()}
            onClick={() => act({ path: "delegate", body: { to, comment } })}
          >
            {en.approvals.delegate}
          </Button>
        </>
      )}
    </Group>
  );
}

async function send(path: string, body: unknown): Promise<void> {
  if (body === undefined) await request(path, { method: "POST" });
  else await postJson(path, body);
}

/** Gives what the server says of single fields, by their pointers into the data. */
function fieldProblems(problem: ApiProblem): Map<string, string> {
  return new Map(
    (problem.document.problems ?? []).flatMap(({ pointer, message }): [string, string][] =>
      pointer && message ? [[pointer.replace(/^\/data(?=\/)/, ""), message]] : [],
    ),
  );
}

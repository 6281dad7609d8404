import { Button, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { api, data } from "@/api/client";
import type { components } from "@/api/schema";
import { useAddress } from "@/app/useAddress";
import { DiffList } from "@/components/DiffList";
import { Field } from "@/components/Field";
import { Problem } from "@/components/Problem";
import { StatusBadge } from "@/components/StatusBadge";
import { useTitle } from "@/components/useTitle";
import { duration } from "@/model/format";
import { differences } from "@/model/tree";
import { en } from "@/text/en";
import classes from "./Compare.module.css";
import { ComparedTasks } from "./ComparedTasks";

type Side = components["schemas"]["Side"];
const texts = en.forks.compare;

/** Two runs side by side: path, outputs, time, tokens, money. */
export function Component() {
  useTitle(texts.title);
  const { params, set } = useAddress();
  const a = params.get("a") ?? "";
  const b = params.get("b") ?? "";
  const [isShort, setShort] = useState(true);
  const compared = useQuery({
    queryKey: ["live", "compare", a, b],
    queryFn: ({ signal }) => data(api.GET("/api/v1/compare", { params: { query: { a, b } }, signal })),
    enabled: a !== "" && b !== "",
  });
  return (
    <div className={classes.page}>
      <h1 className={classes.title}>{texts.title}</h1>
      <Choose key={`${a} ${b}`} a={a} b={b} set={set} />
      {compared.error ? <Problem error={compared.error} onRetry={() => void compared.refetch()} /> : null}
      {compared.data ? (
        <>
          <div className={classes.sides}>
            <SideCard name={texts.a} side={compared.data.a} />
            <SideCard name={texts.b} side={compared.data.b} />
          </div>
          <p className={classes.quiet}>
            {compared.data.differs.length
              ? `${texts.differs}: ${compared.data.differs.join(", ")}`
              : texts.same}
          </p>
          <section className={classes.card}>
            <h2>{texts.output}</h2>
            <DiffList
              changes={differences(compared.data.a.output, compared.data.b.output)}
              none={texts.outputSame}
            />
          </section>
          <section className={classes.card}>
            <div className={classes.head}>
              <h2>{texts.list}</h2>
              <Switch
                size="xs"
                label={texts.onlyDifferent}
                checked={isShort}
                onChange={(event) => setShort(event.currentTarget.checked)}
              />
            </div>
            <ComparedTasks
              tasks={compared.data.tasks.filter((each) => !isShort || each.differs.length > 0)}
            />
          </section>
        </>
      ) : null}
    </div>
  );
}

type ChooseProps = { a: string; b: string; set: (name: string, value: string) => void };

function Choose({ a, b, set }: ChooseProps) {
  const [first, setFirst] = useState(a);
  const [second, setSecond] = useState(b);
  const go = (event: FormEvent) => {
    event.preventDefault();
    set("a", first.trim());
    set("b", second.trim());
  };
  return (
    <form className={classes.head} onSubmit={go}>
      <TextInput
        size="xs"
        w={300}
        label={texts.a}
        value={first}
        onChange={(event) => setFirst(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        w={300}
        label={texts.b}
        value={second}
        onChange={(event) => setSecond(event.currentTarget.value)}
      />
      <Button size="xs" type="submit" disabled={!first.trim() || !second.trim()}>
        {texts.go}
      </Button>
      <span className={classes.quiet}>{texts.hint}</span>
    </form>
  );
}

function SideCard({ name, side }: { name: string; side: Side }) {
  return (
    <section className={classes.card}>
      <div className={classes.head}>
        <h2>{name}</h2>
        <StatusBadge status={side.status} />
        <Link to={`/runs/${side.run}`} className="mono">
          {side.run.slice(0, 8)}
        </Link>
        <span className={classes.quiet}>{texts.from(side.after_event)}</span>
      </div>
      <dl className={classes.facts}>
        <Field label={texts.duration}>{duration(side.duration_ms)}</Field>
        <Field label={texts.tasks}>{side.tasks}</Field>
        <Field label={texts.worked}>{side.worked}</Field>
        <Field label={texts.reused}>{side.reused}</Field>
        <Field label={texts.tokens}>{side.tokens}</Field>
        <Field label={texts.costs}>
          {Object.entries(side.costs)
            .map(([currency, amount]) => `${amount} ${currency}`)
            .join(", ") || "–"}
        </Field>
      </dl>
    </section>
  );
}

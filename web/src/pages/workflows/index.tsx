import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { type Definition, definitionsQuery } from "@/api/queries";
import { useAddress } from "@/app/useAddress";
import { Ago } from "@/components/Ago";
import { Command } from "@/components/Command";
import { EmptyState } from "@/components/EmptyState";
import { FilterText } from "@/components/FilterText";
import { Problem } from "@/components/Problem";
import { StartRun } from "@/components/StartRun";
import { useTitle } from "@/components/useTitle";
import { en } from "@/text/en";
import classes from "./Workflows.module.css";

/** The published workflows, newest version of each, with a button to start one. */
export function Component() {
  useTitle(en.workflows.title);
  const { data, error, refetch } = useQuery(definitionsQuery());
  const { params, set } = useAddress();
  const wanted = params.get("name") ?? "";
  const [starting, start] = useState<Definition | null>(null);
  const workflows = useMemo(() => newest(data ?? []), [data]);
  const found = workflows.filter(({ newest: { namespace, name } }) =>
    `${namespace}/${name}`.toLowerCase().includes(wanted.toLowerCase()),
  );
  if (error && !data) return <Problem error={error} onRetry={() => void refetch()} />;
  if (data && !data.length)
    return (
      <EmptyState isPage title={en.workflows.empty} text={en.workflows.emptyHint}>
        <Command text={en.workflows.emptyCommand} />
      </EmptyState>
    );
  return (
    <>
      <div className={classes.head}>
        <h1 className={classes.title}>{en.workflows.title}</h1>
        <FilterText
          aria-label={en.workflows.filter}
          placeholder={en.workflows.filter}
          value={wanted}
          onWrite={(text) => set("name", text)}
        />
      </div>
      {data && !found.length ? <p>{en.workflows.noMatch}</p> : null}
      <ul className={classes.list} aria-label={en.workflows.list}>
        {found.map(({ newest: definition, versions }) => (
          <Card key={`${definition.namespace}/${definition.name}`} {...{ definition, versions, start }} />
        ))}
      </ul>
      {starting ? <StartRun definition={starting} onClose={() => start(null)} /> : null}
    </>
  );
}

type CardProps = { definition: Definition; versions: number; start: (definition: Definition) => void };

function Card({ definition, versions, start }: CardProps) {
  const { namespace, name, version, published_at, published_by } = definition;
  return (
    <li className={classes.card}>
      <h2 className={classes.name}>
        <Link to={`/workflows/${namespace}/${name}/${version}`}>
          <span className={classes.quiet}>{namespace}/</span>
          {name}
        </Link>
      </h2>
      <p className={classes.facts}>
        {en.workflows.version} {version}
        {versions > 1 ? ` · ${en.workflows.versions(versions)}` : ""} · {en.workflows.published}{" "}
        <Ago at={published_at} /> {en.workflows.by} {published_by}
      </p>
      <div className={classes.buttons}>
        <Button size="xs" onClick={() => start(definition)}>
          {en.workflows.start}
        </Button>
        <Button
          size="xs"
          variant="default"
          component={Link}
          to={`/runs?workflow=${encodeURIComponent(`${namespace}/${name}`)}`}
        >
          {en.workflows.runs}
        </Button>
      </div>
    </li>
  );
}

/** Gives the last version of each workflow; the server sorts versions from the lowest to the highest. */
function newest(definitions: readonly Definition[]): { newest: Definition; versions: number }[] {
  const found = new Map<string, { newest: Definition; versions: number }>();
  for (const each of definitions) {
    const key = `${each.namespace}/${each.name}`;
    found.set(key, { newest: each, versions: (found.get(key)?.versions ?? 0) + 1 });
  }
  return [...found.values()];
}

import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { ApiProblem } from "@/api/problem";
import { definitionQuery, definitionsQuery } from "@/api/queries";
import { CodeText } from "@/components/CodeText";
import { EmptyState } from "@/components/EmptyState";
import { Problem } from "@/components/Problem";
import { StartRun } from "@/components/StartRun";
import { useTitle } from "@/components/useTitle";
import { readDefinition } from "@/model/definition";
import { dateTime } from "@/model/format";
import { Tasks } from "@/pages/run/Tasks";
import { usePlace } from "@/pages/run/usePlace";
import { en } from "@/text/en";
import classes from "./Workflow.module.css";

/** One version of a workflow: its graph beside its document. */
export function Component() {
  const { namespace = "", name = "", version = "" } = useParams();
  useTitle(`${name} ${version}`);
  const definition = useQuery(definitionQuery(namespace, name, version));
  const root = useMemo(() => readDefinition(definition.data?.document), [definition.data]);
  const [isStarting, start] = useState(false);
  const { task, select } = usePlace();
  if (definition.error instanceof ApiProblem && definition.error.status === 404)
    return <EmptyState isPage title={en.workflows.notFound} text={definition.error.message} />;
  if (definition.error) return <Problem error={definition.error} onRetry={() => void definition.refetch()} />;
  if (!definition.data) return <p role="status">{en.loading}</p>;
  const { published_at, published_by, text } = definition.data;
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1 className={classes.title}>
          <span className={classes.quiet}>{namespace}/</span>
          {name}
        </h1>
        <Versions {...{ namespace, name, version }} />
        <span className={classes.quiet}>
          {en.workflows.published} {dateTime(published_at)} {en.workflows.by} {published_by}
        </span>
        <div className={classes.buttons}>
          <Button
            size="xs"
            variant="default"
            component={Link}
            to={`/runs?workflow=${encodeURIComponent(`${namespace}/${name}`)}`}
          >
            {en.workflows.runs}
          </Button>
          <Button size="xs" onClick={() => start(true)}>
            {en.workflows.start}
          </Button>
        </div>
      </div>
      <div className={classes.columns}>
        <Tasks root={root} isUnknown={false} selected={task} onSelect={select} />
        <div className={classes.text}>
          <CodeText text={text} label={en.workflows.document} />
        </div>
      </div>
      {isStarting ? <StartRun definition={definition.data} onClose={() => start(false)} /> : null}
    </div>
  );
}

function Versions({ namespace, name, version }: { namespace: string; name: string; version: string }) {
  const { data } = useQuery(definitionsQuery());
  const navigate = useNavigate();
  const versions = (data ?? []).filter((each) => each.namespace === namespace && each.name === name);
  return (
    <NativeSelect
      size="xs"
      aria-label={en.workflows.version}
      value={version}
      onChange={(event) => navigate(`/workflows/${namespace}/${name}/${event.currentTarget.value}`)}
      data={versions.length ? versions.map((each) => each.version) : [version]}
    />
  );
}

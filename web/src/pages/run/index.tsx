import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState, useSyncExternalStore } from "react";
import { Link, useParams } from "react-router";
import { ApiProblem } from "@/api/problem";
import { definitionQuery, type Run, runQuery } from "@/api/queries";
import { EmptyState } from "@/components/EmptyState";
import { Problem } from "@/components/Problem";
import { useTitle } from "@/components/useTitle";
import { RunHistory } from "@/live/history";
import { readDefinition } from "@/model/definition";
import { byPlace, viewAt } from "@/model/runView";
import { en } from "@/text/en";
import { Header } from "./Header";
import { Panels } from "./Panels";
import classes from "./Run.module.css";
import { Tasks } from "./Tasks";
import { TimeSlider } from "./TimeSlider";
import { useMoment } from "./useMoment";
import { usePlace } from "./usePlace";

/** One run: its graph, timeline, events and data, live or as it was at any moment. */
export function Component() {
  const { run: id = "" } = useParams();
  const run = useQuery(runQuery(id));
  useTitle(run.data ? `${run.data.workflow.name} ${id.slice(0, 8)}` : id.slice(0, 8));
  if (run.data) return <RunPage key={id} run={run.data} />;
  if (run.error instanceof ApiProblem && run.error.status === 404)
    return (
      <EmptyState isPage title={en.run.notFound} text={en.run.notFoundHint}>
        <Button component={Link} to="/runs">
          {en.problem.toRuns}
        </Button>
      </EmptyState>
    );
  if (run.error) return <Problem error={run.error} onRetry={() => void run.refetch()} />;
  return <p role="status">{en.loading}</p>;
}

function RunPage({ run }: { run: Run }) {
  const { events, loaded, error } = useHistory(run.run);
  const [at, setAt] = useMoment();
  const moment = useDeferredValue(at);
  const { task, select } = usePlace();
  const { namespace, name, version } = run.workflow;
  const definition = useQuery(definitionQuery(namespace, name, version));
  const root = useMemo(() => readDefinition(definition.data?.document), [definition.data]);
  const view = useMemo(() => viewAt(events, moment ?? undefined), [events, moment]);
  const places = useMemo(() => byPlace(view), [view]);
  return (
    <div className={classes.page}>
      <Header run={run} view={view} isPast={moment !== null} />
      {error && !events.length ? <Problem error={error} /> : null}
      <TimeSlider events={events} at={at} onChange={setAt} />
      <div className={classes.columns}>
        <Tasks root={root} isUnknown={definition.isError} places={places} selected={task} onSelect={select} />
        <Panels
          {...{ run, events, view, task, select, setAt }}
          isLoaded={loaded}
          at={moment}
          definition={definition.data}
        />
      </div>
    </div>
  );
}

function useHistory(id: string) {
  const client = useQueryClient();
  const [history] = useState(
    () =>
      new RunHistory(id, (ended) => {
        client.setQueryData(runQuery(id).queryKey, ended);
      }),
  );
  return useSyncExternalStore(history.subscribe, history.get);
}

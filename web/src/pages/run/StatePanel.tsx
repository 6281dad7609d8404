import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { runStateQuery } from "@/api/queries";
import { DiffList } from "@/components/DiffList";
import { JsonTree } from "@/components/JsonTree";
import { Problem } from "@/components/Problem";
import { differences } from "@/model/tree";
import { en } from "@/text/en";
import type { PanelProps } from "./Panels";
import classes from "./Run.module.css";
import { readable } from "./readable";

/** The engine's own state after the event the page stands at, and what that event changed. */
export function StatePanel({ run, view }: PanelProps) {
  const [seq] = useDebouncedValue(view.seq, 150);
  const state = useQuery({ ...runStateQuery(run.run, seq), enabled: seq > 0 });
  const before = useQuery({ ...runStateQuery(run.run, seq - 1), enabled: seq > 1 });
  const now = useMemo(() => readable(state.data?.state), [state.data]);
  const then = useMemo(() => readable(before.data?.state), [before.data]);
  if (state.error) return <Problem error={state.error} onRetry={() => void state.refetch()} />;
  if (!state.data) return <p className={classes.hint}>{en.loading}</p>;
  return (
    <div className={classes.data}>
      <p className={classes.quiet}>{en.run.state.hint}</p>
      {before.data ? (
        <section>
          <h2 className={classes.dataTitle}>{en.run.state.diff(seq - 1)}</h2>
          <DiffList changes={differences(then, now)} none={en.run.state.noDiff} />
        </section>
      ) : null}
      <JsonTree value={now} name={`state ${seq}`} />
    </div>
  );
}

import { NativeSelect, Switch } from "@mantine/core";
import { useMemo, useState } from "react";
import { DiffList } from "@/components/DiffList";
import { JsonTree } from "@/components/JsonTree";
import { differences } from "@/model/tree";
import { en } from "@/text/en";
import type { PanelProps } from "./Panels";
import { type Payload, payloadsOf, runPayloads } from "./payloads";
import classes from "./Run.module.css";
import { nameOf } from "./Timeline";

/** What went in and came out, of the run or of the selected task. */
export function DataPanel({ run, events, view, task }: PanelProps) {
  const instances = useMemo(
    () => [...view.tasks.values()].filter(({ pointer }) => pointer === task),
    [view, task],
  );
  const [chosen, choose] = useState("");
  const path = instances.some((each) => each.path === chosen)
    ? chosen
    : (instances[instances.length - 1]?.path ?? "");
  const payloads = useMemo(
    () => (task ? payloadsOf(events, path, view.seq) : runPayloads(run, events, view.seq)),
    [task, events, path, view.seq, run],
  );
  return (
    <div className={classes.data}>
      {task && instances.length > 1 ? (
        <NativeSelect
          size="xs"
          aria-label={en.run.timeline.label}
          value={path}
          onChange={(event) => choose(event.currentTarget.value)}
          data={instances.map((each) => ({ value: each.path, label: nameOf(each.path) }))}
        />
      ) : null}
      {task && !instances.length ? <p className={classes.hint}>{en.run.notReached}</p> : null}
      {payloads.map((each) => (
        <section key={each.name}>
          <h2 className={classes.dataTitle}>{each.label}</h2>
          <JsonTree value={each.value} name={each.label} />
        </section>
      ))}
      <Difference payloads={payloads} />
    </div>
  );
}

function Difference({ payloads }: { payloads: readonly Payload[] }) {
  const [isShown, show] = useState(false);
  const before = payloads.find(({ name }) => name === "input");
  const after = payloads.find(({ name }) => name === "output");
  if (!before || !after) return null;
  return (
    <section>
      <Switch
        size="xs"
        label={en.run.data.diff}
        checked={isShown}
        onChange={(event) => show(event.currentTarget.checked)}
        mb="xs"
      />
      {isShown ? (
        <DiffList changes={differences(before.value, after.value)} none={en.run.data.noDiff} />
      ) : null}
    </section>
  );
}

import { Button, SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { allSteps, type Scope, type Step } from "@/model/definition";
import { drawnSteps, layoutDefinition } from "@/model/layout";
import type { PlaceView } from "@/model/runView";
import { en } from "@/text/en";
import classes from "./Run.module.css";
import { TaskList } from "./TaskList";
import { usePlace } from "./usePlace";

const GraphView = lazy(() => import("@/graph/GraphView"));

/** So many tasks are drawn without asking, and so many with everything opened. */
const UNASKED = 300;
const OPEN_ALL = 40;

type Props = {
  root: Scope;
  isUnknown: boolean;
  places?: ReadonlyMap<string, PlaceView>;
  selected: string | null;
  onSelect: (pointer: string | null) => void;
};

/** The tasks of a workflow, as a graph or as a list. */
export function Tasks({ root, isUnknown, places, selected, onSelect }: Props) {
  const { view, set } = usePlace();
  return (
    <section className={classes.tasks} aria-label={en.run.tasks}>
      <SegmentedControl
        size="xs"
        aria-label={en.run.view}
        value={view}
        onChange={(value) => set("view", value === "list" ? "list" : null)}
        data={[
          { value: "graph", label: en.run.graph },
          { value: "list", label: en.run.list },
        ]}
        className={classes.viewSwitch}
      />
      {isUnknown ? <p className={classes.hint}>{en.run.noDefinition}</p> : null}
      {view === "list" ? (
        <TaskList root={root} places={places} selected={selected} onSelect={onSelect} />
      ) : (
        <Drawn root={root} {...(places ? { places } : {})} selected={selected} onSelect={onSelect} />
      )}
    </section>
  );
}

function Drawn({ root, places, selected, onSelect }: Omit<Props, "isUnknown">) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [isAsked, setAsked] = useState(false);
  const total = useMemo(() => [...allSteps(root)].length, [root]);
  const isOpen = useCallback(
    (step: Step) => total <= OPEN_ALL !== toggled.has(step.pointer),
    [toggled, total],
  );
  const drawn = useMemo(() => drawnSteps(root, isOpen), [root, isOpen]);
  const isTooBig = drawn > UNASKED && !isAsked;
  const graph = useMemo(() => (isTooBig ? null : layoutDefinition(root, isOpen)), [root, isOpen, isTooBig]);
  const toggle = useCallback(
    (step: Step) =>
      setToggled((before) => {
        const after = new Set(before);
        if (!after.delete(step.pointer)) after.add(step.pointer);
        return after;
      }),
    [],
  );
  if (!root.steps.length) return null;
  if (!graph)
    return (
      <div className={classes.hint}>
        <p>{en.run.graphBig(drawn)}</p>
        <Button size="xs" onClick={() => setAsked(true)}>
          {en.run.drawAnyway}
        </Button>
      </div>
    );
  return (
    <div className={classes.canvas}>
      <Suspense fallback={null}>
        <GraphView
          graph={graph}
          {...(places ? { places } : {})}
          selected={selected}
          onSelect={onSelect}
          onToggle={toggle}
        />
      </Suspense>
    </div>
  );
}

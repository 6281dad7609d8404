import { StatusBadge } from "@/components/StatusBadge";
import { countsText } from "@/graph/counts";
import type { Scope, Step } from "@/model/definition";
import type { PlaceView } from "@/model/runView";
import { en } from "@/text/en";
import classes from "./Run.module.css";

type Props = {
  root: Scope;
  places: ReadonlyMap<string, PlaceView> | undefined;
  selected: string | null;
  onSelect: (pointer: string | null) => void;
};

/** The same tasks as in the graph, as nested lists. */
export function TaskList(props: Props) {
  return (
    <div className={classes.taskList} tabIndex={0} role="group" aria-label={en.run.list}>
      <Steps {...props} scope={props.root} />
    </div>
  );
}

function Steps({ scope, ...props }: Props & { scope: Scope }) {
  return (
    <ol className={classes.steps}>
      {scope.steps.map((step) => (
        <Item key={step.pointer} {...props} step={step} />
      ))}
    </ol>
  );
}

function Item({ step, ...props }: Props & { step: Step }) {
  const place = props.places?.get(step.pointer);
  const isSelected = props.selected === step.pointer;
  return (
    <li>
      <button
        type="button"
        className={classes.stepItem}
        aria-pressed={isSelected}
        onClick={() => props.onSelect(isSelected ? null : step.pointer)}
      >
        <code className={classes.kind}>{step.kind}</code>
        <strong>{step.name}</strong>
        <span className={classes.quiet}>{step.detail}</span>
        {place && place.passes > 1 ? <span className={classes.quiet}>{countsText(place)}</span> : null}
        {props.places ? (
          place ? (
            <StatusBadge status={place.status} />
          ) : (
            <span className={classes.quiet}>{en.run.notReached}</span>
          )
        ) : null}
      </button>
      {step.scopes.map((inner) => (
        <div key={inner.pointer} className={classes.scope}>
          {inner.role === "body" || inner.role === "branch" ? null : (
            <span className={classes.role}>{en.run.roles[inner.role]}</span>
          )}
          <Steps {...props} scope={inner} />
        </div>
      ))}
    </li>
  );
}

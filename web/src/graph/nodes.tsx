import { Handle, type NodeProps, Position } from "@xyflow/react";
import { StatusBadge } from "@/components/StatusBadge";
import type { Step } from "@/model/definition";
import type { PlaceView } from "@/model/runView";
import { en } from "@/text/en";
import { countsText } from "./counts";
import type { NodeData } from "./GraphView";

function Handles() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
}

/** Where a workflow starts and ends. */
export function MarkNode({ data }: NodeProps & { data: NodeData }) {
  return (
    <div className="graph-mark">
      <Handles />
      {data.node.kind === "start" ? en.run.start : en.run.end}
    </div>
  );
}

/** The name of a part of a container: try, catch, finally. */
export function LabelNode({ data }: NodeProps & { data: NodeData }) {
  return <div className="graph-label">{en.run.roles[data.node.label] ?? data.node.label}</div>;
}

/** A task: what it is, and in a run how it stands. A container shows its inside below its head. */
export function StepNode({ data }: NodeProps & { data: NodeData }) {
  const { node, place, isRun, selected, onSelect, onToggle } = data;
  const step = node.step;
  if (!step) return null;
  const isSelected = selected === step.pointer;
  return (
    <div
      className="graph-step"
      data-open={node.isOpen || undefined}
      data-selected={isSelected || undefined}
      data-status={place?.status}
      data-reached={!isRun || place !== undefined || undefined}
    >
      <Handles />
      <div className="graph-head">
        <button
          type="button"
          className="graph-select nodrag nopan"
          aria-pressed={isSelected}
          onClick={() => onSelect(isSelected ? null : step.pointer)}
        >
          <span className="graph-name">
            <span className="graph-kind">{step.kind}</span>
            {step.name}
          </span>
          <span className="graph-detail">
            {place ? <StatusBadge status={place.status} /> : null}
            <span className="graph-about">{summary(step, place)}</span>
          </span>
        </button>
        {step.scopes.length ? (
          <button
            type="button"
            className="graph-toggle nodrag nopan"
            aria-expanded={node.isOpen}
            aria-label={node.isOpen ? en.run.collapse(step.name) : en.run.expand(step.name)}
            onClick={() => onToggle(step)}
          >
            {node.isOpen ? "−" : "+"}
          </button>
        ) : null}
      </div>
    </div>
  );
}

function summary(step: Step, place: PlaceView | undefined): string {
  const told: string[] = [];
  if (place?.waitingFor) told.push(en.runs.waitsFor(en.waitingFor[place.waitingFor] ?? place.waitingFor));
  if (place && place.passes > 1) told.push(countsText(place));
  if (place && place.attempts > 1) told.push(en.run.attempts(place.attempts));
  if (told.length) return told.join(" · ");
  return [step.isConditional ? en.run.conditional : "", step.detail].filter(Boolean).join(" · ");
}

import { useMemo } from "react";
import { VirtualRows } from "@/components/VirtualRows";
import { clock, duration } from "@/model/format";
import { unescapePointer } from "@/model/json";
import type { TaskView } from "@/model/runView";
import { type Axis, axisOf } from "@/model/timeline";
import { en } from "@/text/en";
import type { PanelProps } from "./Panels";
import classes from "./Run.module.css";

/** When each task ran, one row for each pass. Long silences are short here. */
export function Timeline({ events, view, task, select, at }: PanelProps) {
  const instants = useMemo(() => events.map((event) => Date.parse(event.at)), [events]);
  const end = instants[instants.length - 1] ?? 0;
  const axis = useMemo(() => axisOf(instants, end), [instants, end]);
  const rows = useMemo(
    () =>
      [...view.tasks.values()]
        .filter(({ pointer }) => !task || pointer === task || pointer.startsWith(`${task}/`))
        .sort(byStart),
    [view, task],
  );
  if (!rows.length) return <p className={classes.hint}>{en.run.timeline.none}</p>;
  return (
    <div className={classes.timeline}>
      <div className={classes.axis} aria-hidden="true">
        <span>{clock(axis.from)}</span>
        <span>{clock(axis.to)}</span>
      </div>
      <VirtualRows
        count={rows.length}
        label={en.run.timeline.label}
        rowHeight={34}
        keyOf={(index) => rows[index]?.path ?? index}
        row={(index) => {
          const row = rows[index];
          return row ? <Row row={row} axis={axis} now={at === null ? end : view.at} select={select} /> : null;
        }}
      />
    </div>
  );
}

type RowProps = { row: TaskView; axis: Axis; now: number; select: (task: string) => void };

function Row({ row, axis, now, select }: RowProps) {
  const left = axis.place(row.startedAt);
  const right = axis.place(row.endedAt ?? now);
  const took = duration((row.endedAt ?? now) - row.startedAt);
  return (
    <button type="button" className={classes.bar} onClick={() => select(row.pointer)}>
      <span className={classes.barName} style={{ paddingLeft: depthOf(row.path) * 10 }}>
        {nameOf(row.path)}
      </span>
      <span className={classes.track}>
        {axis.gaps.map((gap) => (
          <span
            key={gap.from}
            className={classes.gap}
            title={en.run.timeline.silence(duration(gap.to - gap.from))}
            style={{ left: `${gap.left * 100}%`, width: `${gap.width * 100}%` }}
          />
        ))}
        <span
          className={classes.fill}
          data-status={row.status}
          style={{ left: `min(${left * 100}%, 100% - 4px)`, width: `max(4px, ${(right - left) * 100}%)` }}
        />
      </span>
      <span className={classes.barEnd}>
        <span className="visually-hidden">{en.status[row.status] ?? row.status} </span>
        {row.attempts > 1 ? `${en.run.timeline.attempts(row.attempts)} · ` : ""}
        {took}
      </span>
    </button>
  );
}

function byStart(a: TaskView, b: TaskView): number {
  return a.startedAt - b.startedAt || a.firstSeq - b.firstSeq;
}

/** Gives the last name of a path, with its pass. */
export function nameOf(path: string): string {
  const segments = path.split("/");
  const passes = segments.flatMap((segment) => /@(\d+)$/.exec(segment)?.[1] ?? []);
  const name = unescapePointer(
    (segments[segments.length - 1] ?? "").replace(/@\d+$/, "").replaceAll("~2", "@"),
  );
  return passes.length ? `${name} #${passes.join(".")}` : name;
}

function depthOf(path: string): number {
  return Math.min(8, Math.max(0, Math.floor((path.split("/").length - 4) / 3)));
}

import { useEffect, useRef } from "react";
import type { RunEvent } from "@/live/hub";
import { clock } from "@/model/format";
import { en } from "@/text/en";
import classes from "./Run.module.css";

type Props = { events: readonly RunEvent[]; at: number | null; onChange: (seq: number | null) => void };

/** Goes through a run's history event by event. At its end it follows what happens. */
export function TimeSlider({ events, at, onChange }: Props) {
  const last = events[events.length - 1]?.seq ?? 0;
  const seq = Math.min(at ?? last, last);
  const event = events[seq - 1];
  const go = (to: number) => onChange(to >= last ? null : Math.max(1, to));
  useArrowKeys((step) => go(seq + step));
  if (last === 0) return null;
  return (
    <div className={classes.slider} data-past={at !== null || undefined}>
      <Step label={en.run.slider.first} sign="|◀" onClick={() => go(1)} isOff={seq <= 1} />
      <Step label={en.run.slider.previous} sign="◀" onClick={() => go(seq - 1)} isOff={seq <= 1} />
      <input
        type="range"
        min={1}
        max={last}
        value={seq}
        className={classes.range}
        aria-label={en.run.slider.label}
        aria-valuetext={en.run.slider.value(seq, last, event?.type ?? "")}
        onChange={(change) => go(Number(change.target.value))}
      />
      <Step label={en.run.slider.next} sign="▶" onClick={() => go(seq + 1)} isOff={seq >= last} />
      <span className={classes.moment}>
        <span className={classes.number}>
          {seq} / {last}
        </span>
        <span className={classes.momentType}>{event?.type}</span>
        <span className="mono">{event ? clock(Date.parse(event.at)) : ""}</span>
      </span>
      <button
        type="button"
        className={classes.live}
        aria-pressed={at === null}
        onClick={() => onChange(null)}
      >
        {at === null ? en.run.slider.live : en.run.slider.toLive}
      </button>
    </div>
  );
}

type StepProps = { label: string; sign: string; onClick: () => void; isOff: boolean };

function Step({ label, sign, onClick, isOff }: StepProps) {
  return (
    <button
      type="button"
      className={classes.step}
      aria-label={label}
      title={label}
      onClick={onClick}
      disabled={isOff}
    >
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

/** The arrow keys move the slider wherever the focus is, but in fields, tabs and lists of choices. */
function useArrowKeys(move: (step: number) => void): void {
  const latest = useRef(move);
  latest.current = move;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
      if (!step || event.altKey || event.ctrlKey || event.metaKey || takesArrows(event.target)) return;
      event.preventDefault();
      latest.current(step);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function takesArrows(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest("input, textarea, select, [role=tab], [role=menu], [role=dialog]") !== null
  );
}

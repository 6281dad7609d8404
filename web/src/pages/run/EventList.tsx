import { Switch, TextInput } from "@mantine/core";
import { useDeferredValue, useMemo, useState } from "react";
import { JsonTree } from "@/components/JsonTree";
import { VirtualRows } from "@/components/VirtualRows";
import type { RunEvent } from "@/live/hub";
import { clock } from "@/model/format";
import { brief } from "@/model/json";
import { en } from "@/text/en";
import { fitsEvent } from "./fitsEvent";
import type { PanelProps } from "./Panels";
import classes from "./Run.module.css";
import { nameOf } from "./Timeline";

/** Every event, in order, with what it holds. */
export function EventList({ events, task, at, setAt, isLoaded }: PanelProps) {
  const [text, setText] = useState("");
  const [isImportant, setImportant] = useState(false);
  const [opened, open] = useState<number | null>(null);
  const wanted = useDeferredValue(text);
  const shown = useMemo(
    () => events.filter((event) => fitsEvent(event, { text: wanted, task, isImportant })),
    [events, wanted, task, isImportant],
  );
  const current = at === null ? undefined : shown.findLastIndex((event) => event.seq <= at);
  return (
    <div className={classes.events}>
      <div className={classes.eventBar}>
        <TextInput
          size="xs"
          aria-label={en.run.event.filter}
          placeholder={en.run.event.filter}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Switch
          size="xs"
          label={en.run.event.important}
          checked={isImportant}
          onChange={(event) => setImportant(event.currentTarget.checked)}
        />
        <span className={classes.quiet} role="status">
          {en.run.event.count(shown.length, events.length)}
        </span>
      </div>
      {!shown.length && isLoaded ? (
        <p className={classes.hint}>{events.length ? en.run.event.none : en.run.event.noneYet}</p>
      ) : null}
      <VirtualRows
        count={shown.length}
        label={en.run.event.list}
        rowHeight={36}
        keyOf={(index) => shown[index]?.seq ?? index}
        {...(current === undefined ? {} : { inSight: current })}
        row={(index) => {
          const event = shown[index];
          if (!event) return null;
          const isOpen = opened === event.seq;
          const toggle = () => open(isOpen ? null : event.seq);
          return (
            <Row
              {...{ event, isOpen, toggle, setAt }}
              isLater={at !== null && event.seq > at}
              isNow={at === event.seq}
            />
          );
        }}
      />
    </div>
  );
}

type RowProps = {
  event: RunEvent;
  isOpen: boolean;
  toggle: () => void;
  setAt: (seq: number) => void;
  isLater: boolean;
  isNow: boolean;
};

function Row({ event, isOpen, toggle, setAt, isLater, isNow }: RowProps) {
  const hasData = Object.keys(event.data).length > 0;
  return (
    <div className={classes.event} data-later={isLater || undefined} data-now={isNow || undefined}>
      <button type="button" className={classes.eventLine} aria-expanded={isOpen} onClick={toggle}>
        <span className={classes.seq}>{event.seq}</span>
        <span className={`${classes.time} mono`}>{clock(Date.parse(event.at))}</span>
        <span className={classes.type}>{event.type}</span>
        <span className={classes.where}>{event.path ? nameOf(event.path) : ""}</span>
        <span className={classes.brief}>{hasData ? brief(event.data, 120) : ""}</span>
      </button>
      {isOpen ? (
        <div className={classes.eventMore}>
          <p>
            {event.path ? <code>{event.path}</code> : null} {en.run.event.by} {event.actor}{" "}
            <button type="button" className={classes.small} onClick={() => setAt(event.seq)}>
              {en.run.event.goTo}
            </button>
          </p>
          {hasData ? <JsonTree value={event.data} name={`${event.type} ${event.seq}`} /> : null}
        </div>
      ) : null}
    </div>
  );
}

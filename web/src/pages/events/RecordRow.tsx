import { useState } from "react";
import { Link } from "react-router";
import { JsonTree } from "@/components/JsonTree";
import { bytes, clock, dateTime } from "@/model/format";
import { brief, isObject } from "@/model/json";
import { en } from "@/text/en";
import classes from "./Events.module.css";
import type { LogRecord } from "./useLog";

const RUN = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** One record: where it lies, what it is, and when asked all that it holds. */
export function RecordRow({ record }: { record: LogRecord }) {
  const [isOpen, open] = useState(false);
  const at = Date.parse(record.at);
  return (
    <div className={classes.record}>
      <button type="button" className={classes.line} aria-expanded={isOpen} onClick={() => open(!isOpen)}>
        <span className={classes.place}>
          {record.partition}:{record.offset}
        </span>
        <time className={classes.time} dateTime={record.at} title={dateTime(at)}>
          {clock(at)}
        </time>
        <span className={classes.kind}>{kindOf(record)}</span>
        <span className={classes.brief}>
          {record.key} {brief(record.record, 160)}
        </span>
      </button>
      {isOpen ? (
        <div className={classes.more}>
          <p>
            {record.key && RUN.test(record.key) ? (
              <Link to={`/runs/${record.key}`}>{en.events.openRun}</Link>
            ) : (
              record.key
            )}{" "}
            <span className={classes.quiet}>
              {en.events.size} {bytes(record.bytes)}
            </span>
          </p>
          <JsonTree
            value={{ headers: record.headers, record: record.record }}
            name={`${record.partition}-${record.offset}`}
          />
        </div>
      ) : null}
    </div>
  );
}

/** A commit is told by its events. */
function kindOf({ kind, record }: LogRecord): string {
  const events = isObject(record) && Array.isArray(record["events"]) ? record["events"] : [];
  const types = events.flatMap((event) =>
    isObject(event) && typeof event["type"] === "string" ? [event["type"]] : [],
  );
  const last = types[types.length - 1];
  return last ? `${last}${types.length > 1 ? ` +${types.length - 1}` : ""}` : kind;
}

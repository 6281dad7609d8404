import { useState } from "react";
import { escapePointer, isObject } from "@/model/json";
import type { Found } from "@/model/tree";
import { en } from "@/text/en";
import classes from "./JsonTree.module.css";

type Props = { name: string | null; value: unknown; pointer: string; depth: number; found: Found | null };

/** How many members are shown at once, and how much of a string. */
const PAGE = 100;
const STRING = 600;
const OPEN_DEPTH = 2;

/** One value of a tree, with what is below it. */
export function JsonNode({ name, value, pointer, depth, found }: Props) {
  const isMatch = found?.matches.has(pointer) ?? false;
  if (isObject(value) || Array.isArray(value))
    return <Branch name={name} value={value} pointer={pointer} depth={depth} found={found} />;
  return (
    <div className={classes.line} data-match={isMatch || undefined}>
      <Name name={name} />
      <Leaf value={value} />
    </div>
  );
}

function Branch({ name, value, pointer, depth, found }: Props) {
  const entries = Object.entries(value as object);
  const [isChosen, choose] = useState<boolean | null>(null);
  const [limit, setLimit] = useState(PAGE);
  const isOpen = isChosen ?? (depth < OPEN_DEPTH || (found?.above.has(pointer) ?? false));
  const isList = Array.isArray(value);
  const size = isList ? en.json.items(entries.length) : en.json.members(entries.length);
  return (
    <div>
      <button
        type="button"
        className={classes.toggle}
        aria-expanded={isOpen}
        onClick={() => choose(!isOpen)}
        data-match={found?.matches.has(pointer) || undefined}
      >
        <span className={classes.arrow} data-open={isOpen || undefined} aria-hidden="true" />
        <Name name={name} />
        <span className={classes.size}>
          {isList ? "[…]" : "{…}"} {size}
        </span>
      </button>
      {isOpen ? (
        <div className={classes.children}>
          {entries.slice(0, limit).map(([key, inner]) => (
            <JsonNode
              key={key}
              name={key}
              value={inner}
              pointer={`${pointer}/${escapePointer(key)}`}
              depth={depth + 1}
              found={found}
            />
          ))}
          {entries.length > limit ? (
            <button type="button" className={classes.button} onClick={() => setLimit(limit * 4)}>
              {en.json.moreItems(entries.length - limit)}
            </button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

function Name({ name }: { name: string | null }) {
  return name === null ? null : <span className={classes.name}>{name}: </span>;
}

function Leaf({ value }: { value: unknown }) {
  const [isWhole, setWhole] = useState(false);
  if (typeof value !== "string") return <span className={classes.plain}>{JSON.stringify(value)}</span>;
  const isLong = value.length > STRING && !isWhole;
  return (
    <span className={classes.string}>
      {isLong ? `${value.slice(0, STRING)}…` : value || '""'}
      {isLong ? (
        <button type="button" className={classes.button} onClick={() => setWhole(true)}>
          {en.showMore}
        </button>
      ) : null}
    </span>
  );
}

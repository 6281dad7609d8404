import { brief } from "@/model/json";
import type { Change } from "@/model/tree";
import { en } from "@/text/en";
import classes from "./DiffList.module.css";

const MOST = 200;
const SIGN = { added: "+", removed: "−", changed: "~" } as const;

/** What differs, place by place. */
export function DiffList({ changes, none }: { changes: readonly Change[]; none: string }) {
  if (changes.length === 0) return <p className={classes.none}>{none}</p>;
  return (
    <ul className={classes.list}>
      {changes.slice(0, MOST).map(({ pointer, before, after, kind }) => (
        <li key={pointer} className={classes.change} data-kind={kind}>
          <span className={classes.sign} role="img" aria-label={kind}>
            {SIGN[kind]}
          </span>
          <span className={classes.pointer}>{pointer || "/"}</span>
          <span className={classes.values}>
            {kind === "added" ? null : <del>{brief(before, 160)}</del>}
            {kind === "removed" ? null : <ins>{brief(after, 160)}</ins>}
          </span>
        </li>
      ))}
      {changes.length > MOST ? <li>{en.json.moreItems(changes.length - MOST)}</li> : null}
    </ul>
  );
}

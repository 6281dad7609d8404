import { useMemo, useState } from "react";
import { bytes } from "@/model/format";
import { isObject } from "@/model/json";
import { type Found, findIn } from "@/model/tree";
import { en } from "@/text/en";
import { JsonNode } from "./JsonNode";
import classes from "./JsonTree.module.css";

type Props = { value: unknown; name: string };

/** Text longer than this is not put into the page unasked. */
const LARGE = 64 * 1024;

/** Any JSON value as a tree that can be searched. Strings are shown as text, whatever they hold. */
export function JsonTree({ value, name }: Props) {
  const text = useMemo(() => JSON.stringify(value) ?? "null", [value]);
  const [isAsked, setAsked] = useState(false);
  if (text.length > LARGE && !isAsked)
    return (
      <div className={classes.large}>
        <p>{en.json.large(bytes(text.length))}</p>
        <button type="button" className={classes.button} onClick={() => setAsked(true)}>
          {en.json.show}
        </button>
        <Download value={value} name={name} />
      </div>
    );
  return <Tree value={value} name={name} />;
}

function Tree({ value, name }: Props) {
  const [wanted, setWanted] = useState("");
  const found = useMemo(
    (): Found | null => (wanted.trim() ? findIn(value, wanted.trim()) : null),
    [value, wanted],
  );
  const isNested = isObject(value) || Array.isArray(value);
  return (
    <div className={classes.tree}>
      {isNested ? (
        <div className={classes.bar}>
          <input
            className={classes.search}
            value={wanted}
            placeholder={en.json.search}
            aria-label={`${en.json.search}: ${name}`}
            onChange={(event) => setWanted(event.target.value)}
          />
          <span className={classes.matches} role="status">
            {found ? en.json.matches(found.count) : ""}
          </span>
          <Download value={value} name={name} />
        </div>
      ) : null}
      <div className={classes.body}>
        <JsonNode name={null} value={value} pointer="" depth={0} found={found} />
      </div>
    </div>
  );
}

function Download({ value, name }: Props) {
  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: "application/json" }));
    link.download = `${name.replaceAll(/[^\w.-]+/g, "-")}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  return (
    <button type="button" className={classes.button} onClick={save}>
      {en.download}
    </button>
  );
}

import { CodeText } from "@/components/CodeText";
import { en } from "@/text/en";
import type { PanelProps } from "./Panels";
import classes from "./Run.module.css";

/** The workflow's document, as its author wrote it. */
export function YamlPanel({ definition }: PanelProps) {
  if (!definition?.text) return <p className={classes.hint}>{en.loading}</p>;
  return (
    <div className={classes.data}>
      <p className={classes.quiet}>{en.run.yaml}</p>
      <CodeText text={definition.text} label={en.run.tabs.yaml} />
    </div>
  );
}

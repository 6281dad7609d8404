import type { ReactNode } from "react";
import classes from "./Field.module.css";

type Props = { label: string; children: ReactNode };

/** A fact with its name above it. Goes into a `<dl>`. */
export function Field({ label, children }: Props) {
  return (
    <div className={classes.field}>
      <dt className={classes.label}>{label}</dt>
      <dd className={classes.value}>{children}</dd>
    </div>
  );
}

import type { ReactNode } from "react";
import classes from "./EmptyState.module.css";

type Props = { title: string; text?: string; role?: string; children?: ReactNode };

/** Says that there is nothing, why, and what to do next. */
export function EmptyState({ title, text, role, children }: Props) {
  return (
    <section className={classes.empty} role={role}>
      <h2 className={classes.title}>{title}</h2>
      {text ? <p className={classes.text}>{text}</p> : null}
      {children}
    </section>
  );
}

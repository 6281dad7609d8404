import type { ReactNode } from "react";
import classes from "./EmptyState.module.css";

type Props = { title: string; text?: string; role?: string; isPage?: boolean; children?: ReactNode };

/** Says that there is nothing, why, and what to do next; as the whole page, or in a place of one. */
export function EmptyState({ title, text, role, isPage, children }: Props) {
  return (
    <section className={classes.empty} role={role}>
      {isPage ? <h1 className={classes.title}>{title}</h1> : <h2 className={classes.title}>{title}</h2>}
      {text ? <p className={classes.text}>{text}</p> : null}
      {children}
    </section>
  );
}

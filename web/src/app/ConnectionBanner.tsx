import { useSyncExternalStore } from "react";
import { connection } from "@/live/connection";
import { en } from "@/text/en";
import classes from "./ConnectionBanner.module.css";

/** Says that the server is away, and that nothing is lost; goes when it is back. */
export function ConnectionBanner() {
  const state = useSyncExternalStore(connection.subscribe, connection.get);
  if (state === "signed-out")
    return (
      <div className={classes.banner} role="alert">
        {en.connection.signedOut} <a href="/">{en.connection.signIn}</a>
      </div>
    );
  return (
    <div role="status">
      {state === "away" ? <div className={classes.banner}>{en.connection.away}</div> : null}
    </div>
  );
}

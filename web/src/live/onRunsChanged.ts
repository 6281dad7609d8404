import { connection } from "./connection";
import { hub } from "./hub";

const SOON_MS = 300;
const LATER_MS = 1_500;

/**
 * Calls soon after any run changed, and once more when the lists, which are a moment behind the log, must have got
 * there; also when the server is back and when the tab is looked at again. A hidden tab is left alone.
 */
export function onRunsChanged(update: () => void): () => void {
  let soon: ReturnType<typeof setTimeout> | undefined;
  let later: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    if (document.visibilityState === "visible") update();
  };
  const changed = () => {
    soon ??= setTimeout(() => {
      soon = undefined;
      look();
    }, SOON_MS);
    clearTimeout(later);
    later = setTimeout(look, LATER_MS);
  };
  const stops = [hub.onChanged(changed), connection.onReturn(look)];
  document.addEventListener("visibilitychange", look);
  return () => {
    clearTimeout(soon);
    clearTimeout(later);
    document.removeEventListener("visibilitychange", look);
    for (const stop of stops) stop();
  };
}

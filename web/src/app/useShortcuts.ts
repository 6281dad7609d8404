import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { tabs } from "./pages";

type Actions = { onSearch: () => void; onHelp: () => void };

const CHORD_MS = 1200;

/** Listens to keys everywhere but in fields: `/` search, `?` help, `g` and a letter for a tab. */
export function useShortcuts(actions: Actions): void {
  const navigate = useNavigate();
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let chordAt = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const tab = tabs.find(({ key }) => key === event.key);
      if (Date.now() - chordAt < CHORD_MS && tab) {
        chordAt = 0;
        navigate(tab.path);
      } else if (event.key === "g") chordAt = Date.now();
      else if (event.key === "/") {
        event.preventDefault();
        latest.current.onSearch();
      } else if (event.key === "?") latest.current.onHelp();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [navigate]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

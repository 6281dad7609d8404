import { useCallback } from "react";
import { useSearchParams } from "react-router";

/** Which task of the document is selected, which tab is open, and how tasks are shown: all in the address. */
export function usePlace() {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (name: string, value: string | null) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (value === null) after.delete(name);
          else after.set(name, value);
          return after;
        },
        { replace: true },
      ),
    [setParams],
  );
  const select = useCallback((task: string | null) => set("task", task), [set]);
  return {
    task: params.get("task"),
    tab: params.get("tab") ?? "timeline",
    view: params.get("view") === "list" ? ("list" as const) : ("graph" as const),
    set,
    select,
  };
}

import { useCallback } from "react";
import { useAddress } from "@/app/useAddress";

/** Which task of the document is selected, which tab is open, and how tasks are shown: all in the address. */
export function usePlace() {
  const { params, set } = useAddress();
  const select = useCallback((task: string | null) => set("task", task), [set]);
  return {
    task: params.get("task"),
    tab: params.get("tab") ?? "timeline",
    view: params.get("view") === "list" ? ("list" as const) : ("graph" as const),
    set,
    select,
  };
}

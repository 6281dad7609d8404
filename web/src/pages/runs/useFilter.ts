import { useMemo } from "react";
import { useSearchParams } from "react-router";
import type { RunFilter } from "@/api/queries";
import { useAddress } from "@/app/useAddress";

/** Filters that are one text each, by their name in the address and in the API. */
export const TEXTS = [
  "error_type",
  "waiting_for",
  "parent_run_id",
  "id_prefix",
  "source",
  "version",
] as const;
const INSTANTS = ["started_from", "started_to"] as const;
export const STATUSES = [
  "running",
  "waiting",
  "suspended",
  "queued",
  "completed",
  "faulted",
  "cancelled",
] as const;

export type Filter = RunFilter;
export type SetFilter = (name: string, value: string | readonly string[] | null) => void;

/** Reads the filter from the address and writes it back, so that a link shows the same list. */
export function useFilter(): { filter: Filter; set: SetFilter; clear: () => void; isFiltered: boolean } {
  const { params, set } = useAddress();
  const [, setParams] = useSearchParams();
  const filter = useMemo(() => filterOf(params), [params]);
  const clear = () =>
    setParams(params.get("sort") ? { sort: params.get("sort") ?? "" } : {}, { replace: true });
  return { filter, set, clear, isFiltered: [...params.keys()].some((name) => name !== "sort") };
}

/** Gives the API's filter for an address. What the API would refuse is left out. */
export function filterOf(params: URLSearchParams): Filter {
  const filter: Record<string, unknown> = {};
  const statuses = params.getAll("status").filter((each) => (STATUSES as readonly string[]).includes(each));
  if (statuses.length) filter["status"] = statuses;
  const [namespace, name] = workflowOf(params.get("workflow") ?? "");
  if (namespace) filter["namespace"] = namespace;
  if (name) filter["name"] = name;
  for (const each of TEXTS) if (params.get(each)) filter[each] = params.get(each);
  for (const each of INSTANTS) {
    const at = Date.parse(params.get(each) ?? "");
    if (Number.isFinite(at)) filter[each] = new Date(at).toISOString();
  }
  const sort = params.get("sort");
  if (sort && /^-?(started|updated)_at$/.test(sort)) filter["sort"] = sort;
  return filter as Filter;
}

function workflowOf(text: string): [string, string] {
  const [first = "", ...rest] = text.split("/");
  return rest.length ? [first, rest.join("/")] : ["", first];
}

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, data, getJson } from "./client";
import type { components, operations } from "./schema";

export type RunSummary = components["schemas"]["RunSummary"];
export type Run = components["schemas"]["Run"];
export type Definition = components["schemas"]["Definition"];
export type RunFilter = NonNullable<operations["list_runs"]["parameters"]["query"]>;

/** Keys that begin with `live` are asked again soon after any run changed. */
export const runsQuery = (filter: RunFilter) =>
  queryOptions({
    queryKey: ["live", "runs", filter],
    queryFn: ({ signal }) => data(api.GET("/api/v1/runs", { params: { query: filter }, signal })),
    placeholderData: keepPreviousData,
  });

export const runQuery = (run: string) =>
  queryOptions({
    queryKey: ["run", run],
    queryFn: ({ signal }) =>
      data(api.GET("/api/v1/runs/{run_id}", { params: { path: { run_id: run } }, signal })),
  });

export const runStateQuery = (run: string, seq: number) =>
  queryOptions({
    queryKey: ["state", run, seq],
    queryFn: ({ signal }) =>
      data(
        api.GET("/api/v1/runs/{run_id}/state", { params: { path: { run_id: run }, query: { seq } }, signal }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });

/** All versions of all workflows, newest version of each first as the server sorts them. */
export const definitionsQuery = () =>
  queryOptions({
    queryKey: ["definitions"],
    queryFn: ({ signal }) => allDefinitions(signal),
    staleTime: 5_000,
  });

async function allDefinitions(signal: AbortSignal): Promise<Definition[]> {
  const found: Definition[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = cursor ? { limit: 500, cursor } : { limit: 500 };
    const page: components["schemas"]["Definitions"] = await data(
      api.GET("/api/v1/definitions", { params: { query }, signal }),
    );
    found.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return found;
}

export const definitionQuery = (namespace: string, name: string, version: string) =>
  queryOptions({
    queryKey: ["definition", namespace, name, version],
    queryFn: ({ signal }) =>
      data(
        api.GET("/api/v1/definitions/{namespace}/{name}/{version}", {
          params: { path: { namespace, name, version } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

export type NodeType = {
  name: string;
  version: string;
  description: string;
  origin: string;
  timeout_s: number | null;
  with_schema: unknown;
  output_schema: unknown;
  examples: unknown[];
};
export type NodeTypes = { items: NodeType[]; broken: { origin: string; reason: string }[] };

export const nodeTypesQuery = () =>
  queryOptions({
    queryKey: ["node-types"],
    queryFn: ({ signal }) => getJson<NodeTypes>("/api/v1/node-types", signal),
    staleTime: 60_000,
  });

export type Status = {
  kafka: { reachable: boolean };
  log: { not_ready: string | null; next_offsets: Record<string, number> };
  postgres: { reachable: boolean; reason?: string; commits_behind?: Record<string, number> };
  streams: number;
  runs?: Record<string, number>;
};

export const statusQuery = () =>
  queryOptions({
    queryKey: ["status"],
    queryFn: ({ signal }) => getJson<Status>("/api/v1/status", signal),
    refetchInterval: 5_000,
  });

export type Topic = { name: string; key: string; written_by: string; retention_ms: number | null };

export const topicsQuery = () =>
  queryOptions({
    queryKey: ["topics"],
    queryFn: ({ signal }) => getJson<{ items: Topic[] }>("/api/v1/topics", signal),
    staleTime: 60_000,
  });

import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { api, data } from "@/api/client";
import type { RunSummary } from "@/api/queries";
import { onRunsChanged } from "@/live/onRunsChanged";
import type { Filter } from "./useFilter";

const PAGE = 100;
/** So many pages are read again when something changes; with more, the reader is asked first. */
const LIVE_PAGES = 3;

export type RunList = {
  runs: RunSummary[];
  isLoaded: boolean;
  hasMore: boolean;
  hasNews: boolean;
  error: unknown;
  more: () => void;
  refresh: () => void;
};

/** Gives the runs that fit, page by page, and keeps them as they are on the server. */
export function useRunList(filter: Filter): RunList {
  const [hasNews, setNews] = useState(false);
  const query = useInfiniteQuery({
    queryKey: ["run-list", filter],
    queryFn: ({ pageParam, signal }) => {
      const asked: Filter = pageParam
        ? { ...filter, limit: PAGE, cursor: pageParam }
        : { ...filter, limit: PAGE };
      return data(api.GET("/api/v1/runs", { params: { query: asked }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  const latest = useRef(query);
  latest.current = query;
  useEffect(() => {
    const update = () => {
      const isShort = (latest.current.data?.pages.length ?? 0) <= LIVE_PAGES;
      if (isShort) void latest.current.refetch({ cancelRefetch: false });
      else setNews(true);
    };
    return onRunsChanged(update);
  }, []);
  const runs = useMemo(() => unique(query.data?.pages.flatMap((page) => page.items) ?? []), [query.data]);
  return {
    runs,
    isLoaded: query.data !== undefined,
    hasMore: query.hasNextPage,
    hasNews,
    error: query.error,
    more: () => {
      if (query.hasNextPage && !query.isFetching) void query.fetchNextPage();
    },
    refresh: () => {
      setNews(false);
      void query.refetch();
    },
  };
}

function unique(runs: RunSummary[]): RunSummary[] {
  return [...new Map(runs.map((each) => [each.run, each])).values()];
}

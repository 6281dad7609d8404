import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, data } from "@/api/client";
import type { components, operations } from "@/api/schema";
import { onRunsChanged } from "@/live/onRunsChanged";

export type LogRecord = components["schemas"]["LogRecord"];
export type LogFilter = NonNullable<operations["read_log"]["parameters"]["query"]>;

const PAGE = 200;
/** So many records are kept while following. */
const KEPT = 5_000;

/** Reads the log from where the filter says, page by page; goes on at its end when asked to follow. */
export function useLog(filter: LogFilter, isFollowing: boolean) {
  const query = useInfiniteQuery({
    queryKey: ["log", filter],
    queryFn: ({ pageParam, signal }) => {
      const { last: _last, offset: _offset, time: _time, ...rest } = filter;
      const asked = pageParam ? { ...rest, position: pageParam } : filter;
      return data(api.GET("/api/v1/log", { params: { query: { ...asked, limit: PAGE } }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const newer = useNewer(filter, query.data?.pages.at(-1), isFollowing && !query.hasNextPage);
  const items = [...(query.data?.pages.flatMap((page) => page.items) ?? []), ...newer];
  return { ...query, items: items.slice(-KEPT), bounds: query.data?.pages.at(-1)?.bounds ?? {} };
}

type Page = components["schemas"]["LogPage"];

/** Gives what came after a page, asked for whenever runs change. */
function useNewer(filter: LogFilter, from: Page | undefined, isOn: boolean): LogRecord[] {
  const [newer, setNewer] = useState<{ of: Page | undefined; items: LogRecord[] }>({
    of: undefined,
    items: [],
  });
  const position = useRef({ of: from, at: from?.position ?? "" });
  if (position.current.of !== from) position.current = { of: from, at: from?.position ?? "" };
  useEffect(() => {
    if (!isOn || !from) return;
    let isAsking = false;
    const ask = async () => {
      if (isAsking) return;
      isAsking = true;
      try {
        const { topic, partition, run, type } = filter;
        const wanted = {
          topic,
          partition,
          run,
          type,
          position: position.current.at,
          limit: PAGE,
        } as LogFilter;
        const page = await data(api.GET("/api/v1/log", { params: { query: wanted } }));
        position.current.at = page.position;
        if (page.items.length)
          setNewer((before) => ({
            of: from,
            items: [...(before.of === from ? before.items : []), ...page.items],
          }));
      } catch {
        // the banner says that the server is away; the next change asks again
      } finally {
        isAsking = false;
      }
    };
    void ask();
    return onRunsChanged(() => void ask());
  }, [filter, from, isOn]);
  return newer.of === from ? newer.items : [];
}

import type { LogFilter } from "./useLog";

const NEWEST = 200;

/** Gives the API's question for an address. Without a place it begins a little before the end. */
export function filterOf(params: URLSearchParams): LogFilter {
  const filter: Record<string, unknown> = {};
  for (const name of ["topic", "run", "type"]) if (params.get(name)) filter[name] = params.get(name);
  const partition = wholeNumber(params.get("partition"));
  const offset = wholeNumber(params.get("offset"));
  const time = Date.parse(params.get("time") ?? "");
  if (partition !== null) filter["partition"] = partition;
  if (partition !== null && offset !== null) filter["offset"] = offset;
  else if (Number.isFinite(time)) filter["time"] = new Date(time).toISOString();
  else if (!params.get("run") && !params.get("type")) filter["last"] = NEWEST;
  return filter as LogFilter;
}

function wholeNumber(text: string | null): number | null {
  return text && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

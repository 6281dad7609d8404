/** Numbers and instants as people read them. */

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const DATE_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** Gives a length of time with its two greatest units. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return both(minutes, "min", Math.floor((ms % 60_000) / 1000), "s");
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? both(hours, "h", minutes % 60, "min")
    : both(Math.floor(hours / 24), "d", hours % 24, "h");
}

function both(great: number, unit: string, small: number, smallUnit: string): string {
  return small ? `${great} ${unit} ${small} ${smallUnit}` : `${great} ${unit}`;
}

/** Gives the time of day, with milliseconds. */
export function clock(at: number): string {
  return `${TIME.format(at)}.${String(new Date(at).getMilliseconds()).padStart(3, "0")}`;
}

/** Gives date and time in the reader's zone. */
export function dateTime(at: number | string): string {
  return DATE_TIME.format(typeof at === "string" ? Date.parse(at) : at);
}

/** Gives how long ago an instant was, roughly. */
export function ago(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return "just now";
  if (size < 60) return RELATIVE.format(seconds, "second");
  if (size < 3600) return RELATIVE.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return RELATIVE.format(Math.round(seconds / 3600), "hour");
  return RELATIVE.format(Math.round(seconds / 86_400), "day");
}

/** Gives a size in bytes. */
export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  return size < 1024 * 1024 ? `${(size / 1024).toFixed(1)} KiB` : `${(size / 1024 / 1024).toFixed(1)} MiB`;
}

/** Gives a count with separators. */
export function count(value: number): string {
  return value.toLocaleString("en");
}

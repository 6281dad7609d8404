import { useNow } from "@/components/useNow";
import { ago, dateTime } from "@/model/format";

/** How long ago an instant was, kept right while it is shown; the whole date when pointed at. */
export function Ago({ at }: { at: string | number }) {
  const now = useNow(5_000);
  const instant = typeof at === "string" ? Date.parse(at) : at;
  return (
    <time dateTime={new Date(instant).toISOString()} title={dateTime(instant)}>
      {ago(instant, now)}
    </time>
  );
}

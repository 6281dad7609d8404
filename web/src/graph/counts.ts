import type { PlaceView } from "@/model/runView";
import { en } from "@/text/en";

/** Gives how often a place was passed, and how those passes stand. */
export function countsText(place: PlaceView): string {
  const parts = Object.entries(place.counts).map(
    ([status, count]) => `${count} ${(en.status[status] ?? status).toLowerCase()}`,
  );
  return parts.length > 1 ? parts.join(", ") : en.run.passes(place.passes);
}

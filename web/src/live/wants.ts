/** What all tabs of this browser want to follow, seen by the one that holds the stream. Pure but for the clock given. */

/** A run and the number of the last event that is known of it. */
export type Want = readonly [run: string, after: number];

/** A tab that was not heard of for so long is gone; a hidden tab's timers run once a minute. */
export const FORGET_MS = 150_000;
/** The server follows so many runs on one stream. */
export const MOST_RUNS = 50;

export class Wants {
  #tabs = new Map<string, { at: number; runs: Map<string, number> }>();

  set(tab: string, runs: readonly Want[], at: number): void {
    this.#tabs.set(tab, { at, runs: new Map(runs) });
  }

  remove(tab: string): void {
    this.#tabs.delete(tab);
  }

  /** Notes that everybody was told this event. */
  told(run: string, seq: number): void {
    for (const { runs } of this.#tabs.values()) {
      const after = runs.get(run);
      if (after !== undefined && after < seq) runs.set(run, seq);
    }
  }

  /** Gives every wanted run once, from where the tab that knows least of it has to go on. */
  union(now: number): Want[] {
    const least = new Map<string, number>();
    for (const [tab, { at, runs }] of this.#tabs) {
      if (now - at > FORGET_MS) this.#tabs.delete(tab);
      else for (const [run, after] of runs) least.set(run, Math.min(after, least.get(run) ?? after));
    }
    return [...least].slice(-MOST_RUNS);
  }
}

/** Tells whether a stream opened with `open` serves what is wanted now: the same runs, none from an earlier place. */
export function serves(
  open: readonly Want[],
  told: ReadonlyMap<string, number>,
  wanted: readonly Want[],
): boolean {
  const from = new Map(open);
  return (
    wanted.length === open.length &&
    wanted.every(([run, after]) => {
      const start = from.get(run);
      return start !== undefined && after >= Math.max(start, told.get(run) ?? start);
    })
  );
}

import { getJson } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { hub, type Run, type RunEvent } from "./hub";

const PAGE = 2000;
const SHOW_EVERY_MS = 40;
const AGAIN_MS = 1500;

export type HistorySnapshot = {
  events: readonly RunEvent[];
  /** Whether everything that had happened when the page was opened is here. */
  loaded: boolean;
  error: unknown;
};

/** A run's events, in order and without a gap: what there is, then live. For `useSyncExternalStore`. */
export class RunHistory {
  #snapshot: HistorySnapshot = { events: [], loaded: false, error: null };
  #events: RunEvent[] = [];
  #listeners = new Set<() => void>();
  #unfollow: (() => void) | null = null;
  #unlisten: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #catching: Promise<void> | null = null;
  readonly run: string;
  readonly #onEnd: (run: Run) => void;

  constructor(run: string, onEnd: (run: Run) => void) {
    this.run = run;
    this.#onEnd = onEnd;
  }

  get = (): HistorySnapshot => this.#snapshot;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  };

  #begin(): void {
    this.#unlisten = hub.onChanged((runs, more) => {
      if (!this.#unfollow && (more || runs.includes(this.run))) void this.#catchUp();
    });
    void this.#catchUp();
  }

  #stop(): void {
    this.#unfollow?.();
    this.#unlisten?.();
    this.#unfollow = null;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #catchUp(): Promise<void> {
    this.#catching ??= this.#read().finally(() => {
      this.#catching = null;
    });
    return this.#catching;
  }

  async #read(): Promise<void> {
    try {
      let next: number | null = this.#last();
      while (next !== null) {
        const query: string = `after=${next}&limit=${PAGE}`;
        const path = `/api/v1/runs/${encodeURIComponent(this.run)}/events?${query}`;
        const page: { items: RunEvent[]; next: number | null } = await getJson(path);
        for (const event of page.items) this.#add(event);
        next = page.next;
        this.#show(next === null, null);
      }
      if (this.#listeners.size) this.#follow();
    } catch (error) {
      this.#show(this.#snapshot.loaded, error);
      const isFinal = error instanceof ApiProblem && error.status < 500;
      if (!isFinal && this.#listeners.size) this.#timer = setTimeout(() => void this.#catchUp(), AGAIN_MS);
    }
  }

  #follow(): void {
    this.#unfollow?.();
    this.#unfollow = hub.follow(this.run, {
      after: () => this.#last(),
      event: (event) => this.#arrived(event),
      ended: (run) => {
        this.#leave();
        this.#onEnd(run);
      },
      left: () => {
        this.#leave();
        this.#timer ??= setTimeout(() => void this.#catchUp(), AGAIN_MS);
      },
    });
  }

  #leave(): void {
    this.#unfollow?.();
    this.#unfollow = null;
  }

  #arrived(event: RunEvent): void {
    if (event.seq > this.#last() + 1) void this.#catchUp();
    else if (this.#add(event)) this.#timer ??= setTimeout(() => this.#show(true, null), SHOW_EVERY_MS);
  }

  #add(event: RunEvent): boolean {
    if (event.seq !== this.#last() + 1) return false;
    this.#events.push(event);
    return true;
  }

  #last(): number {
    return this.#events[this.#events.length - 1]?.seq ?? 0;
  }

  #show(loaded: boolean, error: unknown): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#snapshot = { events: this.#events.slice(), loaded, error };
    for (const listener of this.#listeners) listener();
  }
}

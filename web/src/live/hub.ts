import type { components } from "@/api/schema";
import { connection } from "./connection";
import type { Message } from "./sse";
import { Stream } from "./stream";
import { type Want, Wants } from "./wants";

export type RunEvent = components["schemas"]["Event"];
export type Run = components["schemas"]["Run"];

/** What one follower of a run hears. `left` means: not followed any more, catch up and ask again. */
export type RunListener = {
  after: () => number;
  event: (event: RunEvent) => void;
  ended: (run: Run) => void;
  left: () => void;
};

type ChangedListener = (runs: readonly string[], more: boolean) => void;
type Post =
  | { kind: "want"; tab: string; runs: Want[] }
  | { kind: "bye"; tab: string }
  | { kind: "who" }
  | { kind: "told"; message: Message }
  | { kind: "away" };

const HEARTBEAT_MS = 20_000;
const NAME = "agentos-live";

/**
 * Live news for every tab over one connection. The tab that holds the lock `agentos-live` keeps the stream and passes
 * on what it hears; when it closes, the next one takes over and asks the others what they want. A browser without
 * locks (a page that is not from this machine and not encrypted) has one stream for each tab.
 */
export class LiveHub {
  #tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
  #channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(NAME);
  #runs = new Map<string, Set<RunListener>>();
  #changed = new Set<ChangedListener>();
  #wants = new Wants();
  #stream: Stream | null = null;

  start(): void {
    this.#channel?.addEventListener("message", ({ data }: MessageEvent<Post>) => this.#hear(data));
    setInterval(() => this.#say(), HEARTBEAT_MS);
    addEventListener("pagehide", () => this.#post({ kind: "bye", tab: this.#tab }));
    addEventListener("pageshow", () => this.#say());
    if (navigator.locks && this.#channel) void navigator.locks.request(NAME, () => this.#lead());
    else void this.#lead();
    this.#say();
  }

  /** Follows a run; gives the function that ends it. */
  follow(run: string, listener: RunListener): () => void {
    const listeners = this.#runs.get(run) ?? new Set();
    this.#runs.set(run, listeners.add(listener));
    this.#say();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#runs.get(run) === listeners) this.#runs.delete(run);
      this.#say();
    };
  }

  /** Hears which runs changed, at most four times a second. */
  onChanged(listener: ChangedListener): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  async #lead(): Promise<void> {
    this.#stream = new Stream((message) => {
      this.#note(message);
      this.#post({ kind: "told", message });
      this.#deliver(message);
    });
    this.#post({ kind: "who" });
    connection.subscribe(() => {
      if (connection.get() === "away") this.#post({ kind: "away" });
    });
    await this.#stream.run(() => this.#wants.union(Date.now()));
  }

  #hear(post: Post): void {
    if (post.kind === "who") this.#say();
    if (post.kind === "away") connection.failed();
    if (post.kind === "told") this.#deliver(post.message);
    if (post.kind === "want") this.#wants.set(post.tab, post.runs, Date.now());
    if (post.kind === "bye") this.#wants.remove(post.tab);
    if (post.kind === "want" || post.kind === "bye") this.#stream?.want(this.#wants.union(Date.now()));
  }

  /** Tells the leading tab what this one wants. */
  #say(): void {
    const runs = [...this.#runs].map(
      ([run, all]): Want => [run, Math.min(...[...all].map((each) => each.after()))],
    );
    const post: Post = { kind: "want", tab: this.#tab, runs };
    this.#post(post);
    this.#hear(post);
  }

  #post(post: Post): void {
    this.#channel?.postMessage(post);
  }

  #note({ event, data }: Message): void {
    if (event !== "event") return;
    const { run, seq } = JSON.parse(data) as RunEvent;
    this.#wants.told(run, seq);
    this.#stream?.seen(run, seq);
  }

  #deliver({ event, data }: Message): void {
    if (event === "ready") connection.answered();
    if (event === "event") {
      const told = JSON.parse(data) as RunEvent;
      this.#each(told.run, (listener) => listener.event(told));
    }
    if (event === "ended") {
      const run = JSON.parse(data) as Run;
      this.#each(run.run, (listener) => listener.ended(run));
    }
    if (event === "left")
      this.#each((JSON.parse(data) as { run: string }).run, (listener) => listener.left());
    if (event === "changed") {
      const { runs, more } = JSON.parse(data) as { runs: string[]; more: boolean };
      for (const listener of this.#changed) listener(runs, more);
    }
  }

  #each(run: string, tell: (listener: RunListener) => void): void {
    for (const listener of [...(this.#runs.get(run) ?? [])]) tell(listener);
  }
}

export const hub = new LiveHub();

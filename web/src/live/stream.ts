import { connection } from "./connection";
import { type Message, messages } from "./sse";
import { serves, type Want } from "./wants";

const BACKOFF_MS = [300, 700, 1500, 3000];

/** The tab that leads keeps this one connection to the server open, and opens it again for other runs or after a loss. */
export class Stream {
  #told: (message: Message) => void;
  #wanted: readonly Want[] = [];
  #open: readonly Want[] = [];
  #seen = new Map<string, number>();
  #abort = new AbortController();
  #stopped = false;

  constructor(told: (message: Message) => void) {
    this.#told = told;
  }

  /** Keeps the stream open until `stop`. */
  async run(wanted: () => readonly Want[]): Promise<void> {
    for (let failures = 0; !this.#stopped; ) {
      this.#abort = new AbortController();
      this.#open = this.#wanted = wanted();
      this.#seen.clear();
      try {
        await this.#read(() => {
          failures = 0;
        });
      } catch {
        if (this.#abort.signal.aborted) continue;
        connection.failed();
      }
      if (this.#stopped || this.#abort.signal.aborted) continue;
      await pause(BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)] ?? 3000);
    }
  }

  /** Opens the stream again if it does not serve `wanted`. */
  want(wanted: readonly Want[]): void {
    if (!serves(this.#open, this.#seen, wanted)) this.#abort.abort();
  }

  /** Notes how far a run has been told. */
  seen(run: string, seq: number): void {
    this.#seen.set(run, seq);
  }

  stop(): void {
    this.#stopped = true;
    this.#abort.abort();
  }

  async #read(onOpen: () => void): Promise<void> {
    const query = this.#wanted
      .map(([run, after]) => `run=${encodeURIComponent(`${run}:${after}`)}`)
      .join("&");
    const response = await fetch(`/api/v1/live${query ? `?${query}` : ""}`, { signal: this.#abort.signal });
    if (response.status === 401) connection.signedOut();
    if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`);
    for await (const message of messages(response.body)) {
      if (message.event === "ready") {
        onOpen();
        connection.answered();
      }
      this.#told(message);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

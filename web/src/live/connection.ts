/** How the server is, as far as this tab knows. */
export type ConnectionState = "starting" | "online" | "away" | "signed-out";

type Listener = () => void;

/** One small store that the banner shows and that tells the caches when to catch up. */
export class Connection {
  #state: ConnectionState = "starting";
  #listeners = new Set<Listener>();
  #returned = new Set<Listener>();

  get = (): ConnectionState => this.#state;

  subscribe = (listener: Listener): Listener => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Calls `listener` whenever the server is back after having been away. */
  onReturn(listener: Listener): Listener {
    this.#returned.add(listener);
    return () => this.#returned.delete(listener);
  }

  answered(): void {
    const wasAway = this.#state === "away";
    this.#set("online");
    if (wasAway) for (const listener of this.#returned) listener();
  }

  failed(): void {
    if (this.#state !== "signed-out") this.#set("away");
  }

  signedOut(): void {
    this.#set("signed-out");
  }

  #set(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const connection = new Connection();

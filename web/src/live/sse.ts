/** One server-sent event. */
export type Message = { event: string; data: string };

/** Takes text as it arrives, in any pieces, and gives the messages that are complete. */
export class SseParser {
  #rest = "";
  #event = "";
  #data: string[] = [];

  feed(text: string): Message[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): Message[] {
    if (line === "") return this.#end();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field === "data") this.#data.push(value);
    return [];
  }

  #end(): Message[] {
    const complete = this.#data.length
      ? [{ event: this.#event || "message", data: this.#data.join("\n") }]
      : [];
    this.#event = "";
    this.#data = [];
    return complete;
  }
}

/** Reads a response's body as server-sent events until it ends. */
export async function* messages(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new SseParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

import { describe, expect, it } from "vitest";
import { allSteps, readDefinition } from "./definition";

const DOCUMENT = {
  do: [
    { route: { switch: [{ small: { when: ".a < 1", then: "pay" } }, { default: { then: "end" } }] } },
    { loop: { for: { each: "x", in: ".items" }, do: [{ "a/b": { set: { y: 1 } } }] } },
    {
      both: {
        fork: { branches: [{ left: { wait: { seconds: 2 } } }, { right: { do: [{ r: { set: {} } }] } }] },
      },
    },
    {
      guarded: {
        try: [{ ask: { call: "http", with: { method: "get", endpoint: "http://x" } } }],
        catch: { do: [{ explain: { set: {} } }] },
        finally: [{ clean: { call: "log" } }],
      },
    },
    { pay: { if: ".b", call: "pay", then: "exit" } },
  ],
};

describe("a definition", () => {
  it("gives every task its pointer, as events name it", () => {
    expect([...allSteps(readDefinition(DOCUMENT))].map((step) => step.pointer)).toEqual([
      "/do/0/route",
      "/do/1/loop",
      "/do/1/loop/do/0/a~1b",
      "/do/2/both",
      "/do/2/both/fork/branches/0/left",
      "/do/2/both/fork/branches/1/right",
      "/do/2/both/fork/branches/1/right/do/0/r",
      "/do/3/guarded",
      "/do/3/guarded/try/0/ask",
      "/do/3/guarded/catch/do/0/explain",
      "/do/3/guarded/finally/0/clean",
      "/do/4/pay",
    ]);
  });

  it("says what each task does in words of the document", () => {
    const details = [...allSteps(readDefinition(DOCUMENT))].map((step) => step.detail);
    expect(details).toContain("x in .items");
    expect(details).toContain("2 seconds");
    expect(details).toContain("http · get http://x");
  });

  it("reads whatever it is given without failing", () => {
    for (const odd of [
      null,
      3,
      "x",
      [],
      {},
      { do: 1 },
      { do: [null, {}, { a: null }] },
      { do: [{ f: { fork: 1 } }] },
    ])
      expect(readDefinition(odd).role).toBe("body");
  });
});

import { describe, expect, it } from "vitest";
import { SseParser } from "@/live/sse";
import { serves, Wants } from "@/live/wants";
import { filterOf } from "@/pages/runs/useFilter";
import { ago, duration } from "./format";
import { expectedInput, parseInput } from "./input";
import { axisOf } from "./timeline";
import { differences, findIn } from "./tree";

describe("server-sent events", () => {
  it("are read whatever the pieces they come in", () => {
    const parser = new SseParser();
    const text = ': hi\n\nevent: event\ndata: {"a":\ndata: 1}\n\ndata: x\n\n';
    const all = [...text].flatMap((character) => parser.feed(character));
    expect(all).toEqual([
      { event: "event", data: '{"a":\n1}' },
      { event: "message", data: "x" },
    ]);
  });
});

describe("what tabs want", () => {
  it("is every run once, from the tab that knows least", () => {
    const wants = new Wants();
    wants.set("a", [["r", 5]], 0);
    wants.set(
      "b",
      [
        ["r", 2],
        ["s", 0],
      ],
      0,
    );
    expect(wants.union(1)).toEqual([
      ["r", 2],
      ["s", 0],
    ]);
    wants.told("r", 9);
    expect(wants.union(1)).toEqual([
      ["r", 9],
      ["s", 0],
    ]);
    wants.remove("b");
    expect(wants.union(1)).toEqual([["r", 9]]);
    expect(wants.union(1_000_000)).toEqual([]);
  });

  it("needs another stream for another run or an earlier place, not for progress", () => {
    const told = new Map([["r", 9]]);
    expect(serves([["r", 2]], told, [["r", 9]])).toBe(true);
    expect(serves([["r", 2]], told, [["r", 3]])).toBe(false);
    expect(serves([["r", 2]], told, [])).toBe(false);
  });
});

describe("the time axis", () => {
  it("shortens long silences and keeps the order", () => {
    const axis = axisOf([0, 100, 200, 3_600_200, 3_600_300], 3_600_300);
    expect(axis.gaps).toHaveLength(1);
    const places = [0, 200, 1_000_000, 3_600_200, 3_600_300].map(axis.place);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect([places[0], places[4]]).toEqual([0, 1]);
  });

  it("has a place for a single instant", () => {
    expect(axisOf([5], 5).place(5)).toBeLessThanOrEqual(1);
  });
});

describe("trees of values", () => {
  it("are searched in names and values, with the way there", () => {
    const found = findIn({ a: { b: ["x", "Needle"] }, needle: 1 }, "needle");
    expect([...found.matches]).toEqual(["/a/b/1", "/needle"]);
    expect(found.above.has("/a/b")).toBe(true);
  });

  it("differ place by place", () => {
    expect(differences({ a: 1, b: [1, 2] }, { b: [1, 3], c: null })).toEqual([
      { pointer: "/a", before: 1, after: undefined, kind: "removed" },
      { pointer: "/b/1", before: 2, after: 3, kind: "changed" },
      { pointer: "/c", before: undefined, after: null, kind: "added" },
    ]);
    expect(differences({ a: [] }, { a: [] })).toEqual([]);
  });
});

describe("typed input", () => {
  const document = {
    input: {
      schema: {
        document: { required: ["name"], properties: { name: { type: "string" }, age: { type: "integer" } } },
      },
    },
  };
  it("is checked before the server sees it", () => {
    const expected = expectedInput(document);
    expect(parseInput("{", expected).error).toContain("JSON");
    expect(parseInput("{}", expected).error).toContain("name");
    expect(parseInput('{"name":"<b>"}', expected)).toEqual({ value: { name: "<b>" }, error: null });
  });
});

describe("the filter in the address", () => {
  it("is what the API understands, without what it would refuse", () => {
    const asked = "status=faulted&status=odd&workflow=shop/refund&started_from=2026-11-22T10:00&sort=drop";
    const { started_from, ...rest } = filterOf(new URLSearchParams(asked));
    expect(rest).toEqual({ status: ["faulted"], namespace: "shop", name: "refund" });
    expect(started_from).toMatch(/^2026-11-2\dT.*Z$/);
  });
});

describe("texts", () => {
  it("say lengths of time in two units", () => {
    expect([0, 999, 1500, 61_000, 7_200_000, 180_000_000].map(duration)).toEqual([
      "0 ms",
      "999 ms",
      "1.50 s",
      "1 min 1 s",
      "2 h",
      "2 d 2 h",
    ]);
    expect(ago(0, 3_600_000)).toBe("1 hour ago");
  });
});

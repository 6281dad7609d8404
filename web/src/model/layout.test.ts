import process from "node:process";
import { describe, expect, it } from "vitest";
import { readDefinition } from "./definition";
import { drawnSteps, type Graph, layoutDefinition } from "./layout";

const open = () => true;
const shut = () => false;

function overlapping(graph: Graph): string[] {
  const leaves = graph.nodes.filter((node) => !node.isOpen && node.kind !== "label");
  return leaves.flatMap((a, index) =>
    leaves
      .slice(index + 1)
      .filter(
        (b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height,
      )
      .map((b) => `${a.id} ${b.id}`),
  );
}

describe("the layout", () => {
  const branching = readDefinition({
    do: [
      { route: { switch: [{ a: { when: ".x", then: "two" } }, { default: { then: "end" } }] } },
      { one: { set: {} } },
      { two: { for: { in: ".i" }, do: [{ x: { set: {} } }, { y: { set: {} } }] } },
    ],
  });

  it("draws jumps with their names, and nothing over anything", () => {
    const graph = layoutDefinition(branching, open);
    const edge = (source: string, target: string) =>
      graph.edges.find((each) => each.source === source && each.target === target);
    expect(edge("/do/0/route", "/do/2/two")?.label).toBe("a");
    expect(edge("/do/0/route", "end")?.label).toBe("default");
    expect(edge("/do/0/route", "/do/1/one")).toBeUndefined();
    expect(overlapping(graph)).toEqual([]);
  });

  it("shows what is inside a container only when it is open", () => {
    expect(layoutDefinition(branching, shut).nodes.map((node) => node.id)).not.toContain("/do/2/two/do/0/x");
    expect([drawnSteps(branching, shut), drawnSteps(branching, open)]).toEqual([3, 5]);
  });

  it("keeps a container around what is inside it", () => {
    const graph = layoutDefinition(branching, open);
    const box = graph.nodes.find((node) => node.id === "/do/2/two");
    const inner = graph.nodes.find((node) => node.id === "/do/2/two/do/1/y");
    expect(box && inner && inner.x >= box.x && inner.y + inner.height <= box.y + box.height).toBe(true);
  });

  it("lays three hundred tasks with jumps out in half a second", () => {
    const steps = Array.from({ length: 300 }, (_, index) =>
      index % 10 === 0
        ? { [`s${index}`]: { switch: [{ a: { when: ".x", then: `t${Math.min(299, index + 5)}` } }] } }
        : { [`t${index}`]: { set: {} } },
    );
    const before = process.cpuUsage();
    const graph = layoutDefinition(readDefinition({ do: steps }), open);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
    expect(graph.nodes.length).toBe(302);
  });
});

import { layout as arrange, graphlib } from "@dagrejs/dagre";
import type { Scope, Step } from "./definition";

export const LEAF = { width: 248, height: 62 };
const MARK = { width: 84, height: 34 };
const HEADER = 64;
const PADDING = 16;
const ROW_GAP = 38;
const COLUMN_GAP = 30;
const LABEL = 24;

export type GraphNode = {
  id: string;
  kind: "step" | "start" | "end" | "label";
  x: number;
  y: number;
  width: number;
  height: number;
  step: Step | null;
  /** A container that shows what is inside. */
  isOpen: boolean;
  label: string;
};

export type GraphEdge = { id: string; source: string; target: string; label: string; isJump: boolean };
export type Graph = { nodes: GraphNode[]; edges: GraphEdge[]; width: number; height: number };
type Size = { width: number; height: number };
type Block = Size & { nodes: GraphNode[]; edges: GraphEdge[] };
type Arrow = { from: string; to: string; label: string; isJump: boolean };

/** Lays a workflow out, top down. `isOpen` says which containers show their inside. */
export function layoutDefinition(root: Scope, isOpen: (step: Step) => boolean): Graph {
  const blocks = new Map<string, Block>([
    ["start", mark("start")],
    ["end", mark("end")],
    ...root.steps.map((step): [string, Block] => [step.pointer, stepBlock(step, isOpen)]),
  ]);
  const first = root.steps[0]?.pointer ?? "end";
  const arrows = [arrow("start", first), ...arrowsOf(root.steps, "end")];
  return place(blocks, arrows);
}

/** Tells how many steps would be drawn. */
export function drawnSteps(scope: Scope, isOpen: (step: Step) => boolean): number {
  return scope.steps.reduce(
    (sum, step) =>
      sum + 1 + (isOpen(step) ? step.scopes.reduce((inner, each) => inner + drawnSteps(each, isOpen), 0) : 0),
    0,
  );
}

function stepBlock(step: Step, isOpen: (step: Step) => boolean): Block {
  const opened = step.scopes.length > 0 && isOpen(step);
  if (!opened) return { ...LEAF, nodes: [node(step, LEAF, false)], edges: [] };
  const inner = step.kind === "fork" ? sideBySide(step.scopes, isOpen) : oneBelowAnother(step.scopes, isOpen);
  const size = {
    width: Math.max(LEAF.width + 2 * PADDING, inner.width + 2 * PADDING),
    height: HEADER + inner.height + PADDING,
  };
  const shifted = moved(inner, (size.width - inner.width) / 2, HEADER);
  return { ...size, nodes: [node(step, size, true), ...shifted.nodes], edges: shifted.edges };
}

function sideBySide(scopes: readonly Scope[], isOpen: (step: Step) => boolean): Block {
  const parts = scopes.map((scope) => scopeBlock(scope, isOpen));
  let x = 0;
  const all: Block = {
    width: 0,
    height: Math.max(...parts.map((part) => part.height)),
    nodes: [],
    edges: [],
  };
  for (const part of parts) {
    append(all, moved(part, x, 0));
    x += part.width + COLUMN_GAP;
  }
  return { ...all, width: x - COLUMN_GAP };
}

function oneBelowAnother(scopes: readonly Scope[], isOpen: (step: Step) => boolean): Block {
  const parts = scopes.map((scope) => ({ scope, block: scopeBlock(scope, isOpen) }));
  const all: Block = {
    width: Math.max(...parts.map(({ block }) => block.width)),
    height: 0,
    nodes: [],
    edges: [],
  };
  let y = 0;
  for (const { scope, block } of parts) {
    if (scopes.length > 1 || scope.role !== "body") {
      all.nodes.push(labelNode(scope, y, all.width));
      y += LABEL;
    }
    append(all, moved(block, (all.width - block.width) / 2, y));
    y += block.height + PADDING;
  }
  return { ...all, height: y - PADDING };
}

function scopeBlock(scope: Scope, isOpen: (step: Step) => boolean): Block {
  const blocks = new Map(scope.steps.map((step): [string, Block] => [step.pointer, stepBlock(step, isOpen)]));
  return place(blocks, arrowsOf(scope.steps, null));
}

/** Gives the arrows between the steps of one list. `end` is where the last one and `end` lead, if that is drawn. */
function arrowsOf(steps: readonly Step[], end: string | null): Arrow[] {
  const named = new Map(steps.map((step) => [step.name, step.pointer]));
  return steps.flatMap((step, index) => {
    const next = steps[index + 1]?.pointer ?? end;
    const target = (then: string) =>
      then === "continue" ? next : then === "end" || then === "exit" ? end : named.get(then);
    const ways = step.cases.map((each) => ({ label: each.name, to: target(each.then) ?? null }));
    const isOpenSwitch = step.kind === "switch" && !step.cases.some((each) => each.when === null);
    if (step.kind !== "switch") ways.push({ label: "", to: target(step.then) ?? null });
    else if (isOpenSwitch) ways.push({ label: "", to: target(step.then) ?? null });
    return ways.flatMap(({ label, to }) =>
      to === null ? [] : [{ from: step.pointer, to, label, isJump: to !== next }],
    );
  });
}

/** Places blocks below each other; only where a jump leads over others, the blocks it spans are put side by side. */
function place(blocks: Map<string, Block>, arrows: Arrow[]): Block {
  const all: Block = { width: 0, height: 0, nodes: [], edges: joined(arrows) };
  const parts = cut(inOrder([...blocks.keys()]), arrows).map((ids) => ({
    ids,
    at: arranged(ids, blocks, arrows),
  }));
  all.width = Math.max(0, ...parts.map(({ at }) => at.width));
  for (const { ids, at } of parts) {
    for (const id of ids) {
      const { x, y } = at.places.get(id) ?? { x: 0, y: 0 };
      const block = blocks.get(id);
      if (block) append(all, moved(block, x + (all.width - at.width) / 2, y + all.height));
    }
    all.height += at.height + ROW_GAP;
  }
  return { ...all, height: Math.max(0, all.height - ROW_GAP) };
}

/** Gives the ids as they follow each other, from the start to the end. */
function inOrder(ids: string[]): string[] {
  return ids.includes("start")
    ? ["start", ...ids.filter((id) => id !== "start" && id !== "end"), "end"]
    : ids;
}

/** Cuts a list where nothing but the way to the next crosses. */
function cut(ids: string[], arrows: Arrow[]): string[][] {
  const index = new Map(ids.map((id, at): [string, number] => [id, at]));
  const crossed = new Array<number>(ids.length).fill(0);
  for (const { from, to, isJump } of arrows) {
    if (!isJump) continue;
    const [a = 0, b = 0] = [index.get(from), index.get(to)];
    for (let at = Math.min(a, b); at < Math.max(a, b); at += 1) crossed[at] = 1;
  }
  const parts: string[][] = [[]];
  for (const [at, id] of ids.entries()) {
    parts[parts.length - 1]?.push(id);
    if (!crossed[at] && at < ids.length - 1) parts.push([]);
  }
  return parts;
}

function arranged(ids: string[], blocks: Map<string, Block>, arrows: Arrow[]): Places {
  const only = ids[0] === undefined ? undefined : blocks.get(ids[0]);
  if (ids.length === 1 && only) return { ...only, places: new Map([[ids[0] ?? "", { x: 0, y: 0 }]]) };
  const inside = new Set(ids);
  return layered(
    ids,
    blocks,
    arrows.filter(({ from, to }) => inside.has(from) && inside.has(to)),
  );
}

type Places = Size & { places: Map<string, { x: number; y: number }> };

function layered(ids: string[], blocks: Map<string, Block>, arrows: Arrow[]): Places {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", ranksep: ROW_GAP, nodesep: COLUMN_GAP, ranker: "longest-path" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids)
    graph.setNode(id, { width: blocks.get(id)?.width ?? 0, height: blocks.get(id)?.height ?? 0 });
  for (const [index, each] of arrows.entries()) graph.setEdge(each.from, each.to, {}, String(index));
  arrange(graph);
  const places = new Map<string, { x: number; y: number }>();
  let width = 0;
  let height = 0;
  for (const id of ids) {
    const found = graph.node(id) as Size & { x: number; y: number };
    const left = found.x - found.width / 2;
    const top = found.y - found.height / 2;
    places.set(id, { x: left, y: top });
    width = Math.max(width, left + found.width);
    height = Math.max(height, top + found.height);
  }
  return { width, height, places };
}

/** Arrows that lead the same way become one, with all their names. */
function joined(arrows: Arrow[]): GraphEdge[] {
  const edges = new Map<string, GraphEdge>();
  for (const { from, to, label, isJump } of arrows) {
    const id = `${from}→${to}`;
    const known = edges.get(id);
    if (known) known.label = [known.label, label].filter(Boolean).join(", ");
    else edges.set(id, { id, source: from, target: to, label, isJump });
  }
  return [...edges.values()];
}

function arrow(from: string, to: string): Arrow {
  return { from, to, label: "", isJump: false };
}

function node(step: Step, size: Size, isOpen: boolean): GraphNode {
  return { id: step.pointer, kind: "step", x: 0, y: 0, ...size, step, isOpen, label: step.name };
}

function mark(kind: "start" | "end"): Block {
  const marked: GraphNode = { id: kind, kind, x: 0, y: 0, ...MARK, step: null, isOpen: false, label: kind };
  return { ...MARK, nodes: [marked], edges: [] };
}

function labelNode(scope: Scope, y: number, width: number): GraphNode {
  const id = `label:${scope.pointer}`;
  return { id, kind: "label", x: 0, y, width, height: LABEL, step: null, isOpen: false, label: scope.role };
}

function moved(block: Block, x: number, y: number): Block {
  return { ...block, nodes: block.nodes.map((each) => ({ ...each, x: each.x + x, y: each.y + y })) };
}

function append(all: Block, part: Block): void {
  all.nodes.push(...part.nodes);
  all.edges.push(...part.edges);
}

import "@xyflow/react/dist/base.css";
import { Controls, type Edge, MarkerType, type Node, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { useMemo } from "react";
import type { Step } from "@/model/definition";
import type { Graph, GraphEdge, GraphNode } from "@/model/layout";
import type { PlaceView } from "@/model/runView";
import { en } from "@/text/en";
import "./graph.css";
import { LabelNode, MarkNode, StepNode } from "./nodes";

export type GraphViewProps = {
  graph: Graph;
  /** What happened at each place, if the graph is of a run. */
  places?: ReadonlyMap<string, PlaceView>;
  selected: string | null;
  onSelect: (pointer: string | null) => void;
  /** Opens or closes a container. */
  onToggle: (step: Step) => void;
};

const TYPES = { step: StepNode, start: MarkNode, end: MarkNode, label: LabelNode };

/** A laid out workflow, to look at, move and zoom. Its twin for keyboard and screen reader is a list. */
export default function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow({ graph, places, selected, onSelect, onToggle }: GraphViewProps) {
  const nodes = useMemo(
    () =>
      graph.nodes.map((node) =>
        flowNode(node, {
          place: places?.get(node.id),
          isRun: places !== undefined,
          selected,
          onSelect,
          onToggle,
        }),
      ),
    [graph, places, selected, onSelect, onToggle],
  );
  const edges = useMemo(() => graph.edges.map((edge) => flowEdge(edge, places)), [graph, places]);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={TYPES}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      onPaneClick={() => onSelect(null)}
      fitView
      fitViewOptions={{ padding: 0.08, maxZoom: 1 }}
      minZoom={0.1}
      maxZoom={1.6}
      onlyRenderVisibleElements={graph.nodes.length > 150}
      aria-label={en.run.tasks}
      proOptions={{ hideAttribution: true }}
    >
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}

export type NodeData = {
  node: GraphNode;
  place: PlaceView | undefined;
  isRun: boolean;
  selected: string | null;
  onSelect: (pointer: string | null) => void;
  onToggle: (step: Step) => void;
};

function flowNode(node: GraphNode, more: Omit<NodeData, "node">): Node<NodeData> {
  return {
    id: node.id,
    type: node.kind,
    position: { x: node.x, y: node.y },
    width: node.width,
    height: node.height,
    data: { node, ...more },
    zIndex: node.isOpen ? 0 : 2,
  };
}

function flowEdge(edge: GraphEdge, places: ReadonlyMap<string, PlaceView> | undefined): Edge {
  const isPassed = places?.has(edge.source) && (places.has(edge.target) || edge.target === "end");
  return {
    id: edge.id,
    source: edge.source,
    target: edge.target,
    type: "smoothstep",
    label: edge.label,
    zIndex: 1,
    className: isPassed ? "edge-passed" : "",
    markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: "var(--edge)" },
  };
}

import type { Graph, GraphNode } from "../graph/graph.ts";

/** `IsNaN(x)` as `Not(x == x)`, for devices without a kernel for the former. */
export function splitIsNaN(graph: Graph): Graph {
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const [x = ""] = node.inputs;
    if (node.op !== "IsNaN") return [node];
    const same = `${node.outputs[0]}:same`;
    return [
      { ...node, op: "Equal", inputs: [x, x], outputs: [same] },
      { ...node, op: "Not", inputs: [same] },
    ];
  });
  return { ...graph, nodes };
}

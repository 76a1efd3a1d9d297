import type { Graph, GraphNode } from "../graph.ts";

/** `a and b` as `not (not a or not b)`, for devices whose kernel for the former is wrong. */
export function splitAnd(graph: Graph): Graph {
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    if (node.op !== "And") return [node];
    const made = (part: string) => `${node.outputs[0]}:${part}`;
    const nots = node.inputs.map((input, i) => ({
      ...node,
      op: "Not",
      inputs: [input],
      outputs: [made(`not ${i}`)],
    }));
    return [
      ...nots,
      { ...node, op: "Or", inputs: nots.flatMap((n) => n.outputs), outputs: [made("or")] },
      { ...node, op: "Not", inputs: [made("or")] },
    ];
  });
  return { ...graph, nodes };
}

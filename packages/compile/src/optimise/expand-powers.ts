import type { Graph, GraphNode } from "../graph/graph.ts";

/**
 * Both operands of a power in one shape, for WebGPU: ONNX Runtime 1.30's kernel ends in an error where
 * one is a column and the other's last axis is a multiple of four.
 */
export function expandPowers(graph: Graph): Graph {
  const isScalar = (name: string) => graph.constants.get(name)?.shape.length === 0;
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const [base = "", exponent = ""] = node.inputs;
    if (node.op !== "Pow" || isScalar(base) || isScalar(exponent)) return [node];
    const named = (what: string) => `${node.outputs[0]}:${what}`;
    const shape = (of: string, what: string): GraphNode => ({
      ...node,
      op: "Shape",
      inputs: [of],
      outputs: [named(`${what}-shape`)],
    });
    // Expand broadcasts both ways: to the shape of the other's.
    const expand = (of: string, to: string, what: string): GraphNode => ({
      ...node,
      op: "Expand",
      inputs: [of, named(`${to}-shape`)],
      outputs: [named(what)],
    });
    return [
      shape(base, "base"),
      shape(exponent, "exponent"),
      expand(base, "exponent", "base"),
      expand(exponent, "base", "exponent"),
      { ...node, inputs: [named("base"), named("exponent")] },
    ];
  });
  return { ...graph, nodes };
}

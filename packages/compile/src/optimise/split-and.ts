import type { Graph, GraphNode } from "../graph/graph.ts";
import { onnxType } from "../trace/lowering.ts";

/** `a and b` as a product of whole numbers, for devices whose kernel for the former is wrong. */
export function splitAnd(graph: Graph): Graph {
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    if (node.op !== "And") return [node];
    const made = (part: string) => `${node.outputs[0]}:${part}`;
    const cast = (input: string, output: string, to: number): GraphNode => ({
      ...node,
      op: "Cast",
      inputs: [input],
      outputs: [output],
      attributes: { to },
    });
    const numbers = node.inputs.map((input, i) => cast(input, made(`${i}`), onnxType.int32));
    const product = {
      ...node,
      op: "Mul",
      inputs: numbers.flatMap((n) => n.outputs),
      outputs: [made("product")],
    };
    return [...numbers, product, cast(made("product"), node.outputs[0] ?? "", onnxType.bool)];
  });
  return { ...graph, nodes };
}

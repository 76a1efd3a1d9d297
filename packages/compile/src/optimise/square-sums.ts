import type { Graph } from "../graph/graph.ts";
import { usesOf } from "./uses.ts";

/** A sum over squares that nothing else needs, in one pass: `ReduceSum(x * x)` to `ReduceSumSquare(x)`. */
export function squareSums(graph: Graph): Graph {
  const { maker, usedOnce } = usesOf(graph);
  const nodes = graph.nodes.map((node) => {
    const [summed = "", ...axes] = node.inputs;
    const square = node.op === "ReduceSum" ? maker(summed) : undefined;
    const [x = "", again] = square?.inputs ?? [];
    if (square?.op !== "Mul" || x !== again || !usedOnce(summed)) return node;
    return { ...node, op: "ReduceSumSquare", inputs: [x, ...axes] };
  });
  return { ...graph, nodes };
}

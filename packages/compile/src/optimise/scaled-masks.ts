import type { Graph, GraphNode } from "../graph/graph.ts";
import { onnxType } from "../trace/lowering.ts";
import { usesOf } from "./uses.ts";

/**
 * A bool input as float32 times a number, such as dropout's scaled mask: one pass over its bytes as
 * whole numbers that are to be scaled (DequantizeLinear), not one to float32 and one to scale that.
 */
export function scaledMasks(graph: Graph): Graph {
  const { maker, usedOnce, withScalar } = usesOf(graph);
  const masks = new Set(graph.inputs.filter((i) => i.dtype === "bool").map((i) => i.name));
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const product = withScalar(node, "Mul");
    const cast = product === undefined ? undefined : maker(product.value);
    const [mask = ""] = cast?.inputs ?? [];
    const isMask = cast?.op === "Cast" && cast.attributes["to"] === onnxType.float32;
    if (product === undefined || !isMask || !masks.has(mask) || !usedOnce(product.value))
      return [node];
    const bytes = `${product.value}:bytes`;
    const scale = node.inputs.find((name) => name !== product.value) ?? "";
    return [
      { ...node, op: "Cast", inputs: [mask], outputs: [bytes], attributes: { to: onnxType.uint8 } },
      { ...node, op: "DequantizeLinear", inputs: [bytes, scale] },
    ];
  });
  return { ...graph, nodes };
}

import type { Graph, GraphNode } from "../graph/graph.ts";
import { usesOf } from "./uses.ts";

/**
 * Sums of rows by their ids with one index a row (ScatterND), not one a number (ScatterElements), for
 * devices that add to equal rows safely. On WebGPU ScatterElements loses sums (ONNX Runtime 1.30).
 */
export function scatterRows(graph: Graph): Graph {
  const { maker } = usesOf(graph);
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const [zeros = "", places = "", updates = ""] = node.inputs;
    const cast = maker(places);
    const tile = maker(cast?.inputs[0] ?? "");
    const isSum =
      node.op === "ScatterElements" &&
      node.attributes["reduction"] === "add" &&
      node.attributes["axis"] === 0;
    if (!isSum || cast?.op !== "Cast" || tile?.op !== "Tile") return [node];
    const [rows, indices] = [`${node.outputs[0]}:rows`, `${node.outputs[0]}:indices`];
    return [
      {
        ...node,
        op: "Flatten",
        inputs: tile.inputs.slice(0, 1),
        outputs: [rows],
        attributes: { axis: 1 },
      },
      { ...cast, inputs: [rows], outputs: [indices] },
      {
        ...node,
        op: "ScatterND",
        inputs: [zeros, indices, updates],
        attributes: { reduction: "add" },
      },
    ];
  });
  return { ...graph, nodes };
}

import { type Graph, type GraphNode, onnxNode } from "../graph/graph.ts";
import { onnxType } from "../trace/lowering.ts";
import { isMatrix, type QuantiseOptions } from "./products.ts";
import { quantiseRows } from "./quantise-weights.ts";

/** Tables that rows are gathered from, such as word embeddings, in int8 with a scale for each row. */
export function quantiseTables(
  graph: Graph,
  { keepFloat = () => false }: QuantiseOptions = {},
): Graph {
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const [table = "", indices = ""] = node.inputs;
    const [output = ""] = node.outputs;
    const values = graph.constants.get(table);
    const isTable = node.op === "Gather" && node.attributes["axis"] === 0 && isMatrix(values);
    if (!isTable || keepFloat(table)) return [node];
    const matrix = quantiseRows(values);
    constants.set(`${table}:int8`, matrix.values).set(`${table}:scales`, matrix.scales);
    const named = (what: string) => `${output}:${what}`;
    const gather = (from: string, to: string) => ({
      ...node,
      inputs: [from, indices],
      outputs: [to],
    });
    const asFloat = { to: onnxType.float32 };
    return [
      gather(`${table}:int8`, named("int8")),
      gather(`${table}:scales`, named("scales")),
      onnxNode("quantise", "Cast", [named("int8")], [named("cast")], asFloat),
      onnxNode("quantise", "Mul", [named("cast"), named("scales")], [output]),
    ];
  });
  return { ...graph, nodes, constants };
}

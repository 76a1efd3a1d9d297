import type { Constant, Graph, GraphNode } from "../graph/graph.ts";

/**
 * Stores a float32 matrix as it is read: the transpose of a constant becomes a constant,
 * `NAME:transposed`, so that in the file a matrix product's weight is one of its operands. The numbers
 * stay the same. The int8 pass, and ONNX Runtime's own tools, look for the weight there.
 */
export function foldTransposes(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const outputs = new Set(graph.outputs.map((o) => o.name));
  const renamed = new Map<string, string>();
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const [x = ""] = node.inputs;
    const [y = ""] = node.outputs;
    const folded =
      isTransposition(node) && !outputs.has(y) ? transpose(constants.get(x)) : undefined;
    if (folded === undefined)
      return [{ ...node, inputs: node.inputs.map((name) => renamed.get(name) ?? name) }];
    const name = `${x}:transposed`;
    constants.set(name, folded);
    renamed.set(y, name);
    return [];
  });
  return { ...graph, constants, nodes };
}

function isTransposition({ op, attributes }: GraphNode): boolean {
  return op === "Transpose" && String(attributes["perm"]) === "1,0";
}

/** The transpose of a float32 matrix; undefined for anything else. */
function transpose(constant: Constant | undefined): Constant | undefined {
  const [rows, columns] = constant?.shape ?? [];
  if (constant?.shape.length !== 2 || rows === undefined || columns === undefined) return undefined;
  const { dtype, data } = constant;
  if (dtype !== "float32" || !(data instanceof Float32Array)) return undefined;
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j] ?? NaN;
  return { dtype, shape: [columns, rows], data: turned };
}

import type { Constant, Graph, GraphNode } from "../graph/graph.ts";

/** A matrix product with a constant weight. */
export interface Product {
  node: GraphNode;
  /** The name of its first operand, `[..., K]`. */
  activation: string;
  /** `[K, N]` */
  weight: Constant;
}

/** What stays float32. */
export interface QuantiseOptions {
  /** Whether a constant matrix, by its name, is left as it is, such as an exit's weights. */
  keepFloat?: (name: string) => boolean;
}

/** The products that `quantise` turns into int8, in the graph's order. */
export function productsOf(
  graph: Graph,
  { keepFloat = () => false }: QuantiseOptions = {},
): Product[] {
  return graph.nodes.flatMap((node): Product[] => {
    const [activation = "", name = ""] = node.inputs;
    const weight = graph.constants.get(name);
    const isProduct = node.op === "MatMul" && isMatrix(weight) && !graph.constants.has(activation);
    return isProduct && !keepFloat(name) ? [{ node, activation, weight }] : [];
  });
}

/** Whether a constant is a float32 matrix. */
export function isMatrix(constant: Constant | undefined): constant is Constant {
  return constant?.dtype === "float32" && constant.shape.length === 2;
}

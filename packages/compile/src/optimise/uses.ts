import type { Graph, GraphNode } from "../graph/graph.ts";

/** Who makes and who uses each value of a graph. */
export interface Uses {
  /** The node that makes a value; undefined for an input, a constant or a shape. */
  maker(name: string): GraphNode | undefined;
  /** Whether one input of one node, and no output of the graph, is all that needs a value. */
  usedOnce(name: string): boolean;
  /** The number that a value always is: a constant float32 without axes. */
  scalar(name: string): number | undefined;
  /**
   * The operands of a node with one such number, whatever their order.
   * @returns undefined for another operator, or if neither operand is one
   */
  withScalar(
    node: GraphNode | undefined,
    op: string,
  ): { value: string; scalar: number } | undefined;
}

export function usesOf(graph: Graph): Uses {
  const makers = new Map(graph.nodes.flatMap((n) => n.outputs.map((o) => [o, n] as const)));
  const counts = new Map<string, number>();
  for (const name of [
    ...graph.nodes.flatMap((n) => n.inputs),
    // Twice, so that it never counts as used once.
    ...graph.outputs.flatMap((o) => [o.name, o.name]),
  ])
    counts.set(name, (counts.get(name) ?? 0) + 1);
  const scalar = (name: string): number | undefined => {
    const constant = graph.constants.get(name);
    if (constant?.dtype !== "float32" || constant.shape.length > 0) return undefined;
    return Number(constant.data[0]);
  };
  return {
    maker: (name) => makers.get(name),
    usedOnce: (name) => counts.get(name) === 1,
    scalar,
    withScalar(node, op) {
      const [a, b] = node?.inputs ?? [];
      if (node?.op !== op || a === undefined || b === undefined) return undefined;
      const [left, right] = [scalar(a), scalar(b)];
      if (right !== undefined) return { value: a, scalar: right };
      return left === undefined ? undefined : { value: b, scalar: left };
    },
  };
}

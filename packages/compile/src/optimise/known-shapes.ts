import type { Dim, Graph, GraphNode } from "../graph/graph.ts";

/** Operators whose result has the shape of their first input. */
const sameShape = new Set(["Cast", "Erf", "Gelu", "LayerNormalization", "Softmax", "Sqrt", "Tanh"]);
const elementwise = new Set(["Add", "Div", "Mul", "Sub"]);

/** The shapes of a graph's values where they are simple to infer; the others are left out. */
export function knownShapes(graph: Graph): ReadonlyMap<string, readonly Dim[]> {
  const shapes = new Map<string, readonly Dim[]>(
    [...graph.inputs, ...[...graph.constants].map(([name, c]) => ({ name, shape: c.shape }))].map(
      ({ name, shape }) => [name, shape],
    ),
  );
  for (const node of graph.nodes) {
    const [output = ""] = node.outputs;
    const shape = shapeOf(node, shapes, graph.shapes);
    if (shape !== undefined) shapes.set(output, shape);
  }
  return shapes;
}

/** Whether two shapes are the same at every size of their symbols. */
export function sameDims(a: readonly Dim[] | undefined, b: readonly Dim[] | undefined): boolean {
  return a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function shapeOf(
  { op, inputs, attributes }: GraphNode,
  shapes: ReadonlyMap<string, readonly Dim[]>,
  vectors: Graph["shapes"],
): readonly Dim[] | undefined {
  const [first = "", second = ""] = inputs;
  if (op === "Reshape") return vectors.get(second);
  const [a, b] = [shapes.get(first), shapes.get(second)];
  if (a === undefined) return undefined;
  if (sameShape.has(op)) return a;
  if (op === "Transpose") {
    const { perm } = attributes;
    return Array.isArray(perm) ? perm.map((axis: number) => a[axis] ?? NaN) : undefined;
  }
  if (b === undefined) return undefined;
  if (op === "MatMul" && a.length === 2 && b.length === 2) return [a[0] ?? NaN, b[1] ?? NaN];
  if (!elementwise.has(op)) return undefined;
  // Only where one has the other's last axes, which broadcasts to the longer.
  const [long, short] = a.length < b.length ? [b, a] : [a, b];
  return sameDims(short, long.slice(long.length - short.length)) ? long : undefined;
}

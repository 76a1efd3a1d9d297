import type { Graph, GraphNode } from "../graph/graph.ts";
import { knownShapes } from "./known-shapes.ts";
import { type Uses, usesOf } from "./uses.ts";

interface LayerNorm {
  x: string;
  weight: string;
  bias: string;
  epsilon: number;
}

/** A last axis brought to mean 0 and variance 1, scaled and shifted: nine nodes, as one LayerNormalization. */
export function fuseLayerNorm(graph: Graph): Graph {
  const uses = usesOf(graph);
  const shapes = knownShapes(graph);
  const nodes = graph.nodes.map((node): GraphNode => {
    const found = node.op === "Add" ? layerNormOf(node, uses) : undefined;
    if (found === undefined) return node;
    const { x, weight, bias, epsilon, axes } = found;
    const shape = shapes.get(x);
    const last = shape === undefined ? NaN : shape.length - 1;
    const isLast = axes.every((name) => graph.shapes.get(name)?.join() === String(last));
    const isVector = [weight, bias].every((name) => {
      const dims = shapes.get(name);
      return dims?.length === 1 && dims[0] === shape?.[last];
    });
    if (!isLast || !isVector) return node;
    const attributes = { axis: -1, epsilon: { float: epsilon } };
    return { ...node, op: "LayerNormalization", inputs: [x, weight, bias], attributes };
  });
  return { ...graph, nodes };
}

/** The parts of `(x - mean) / sqrt(variance + epsilon) * weight + bias`, with the axes of its two means. */
function layerNormOf(
  add: GraphNode,
  { maker, usedOnce, withScalar }: Uses,
): (LayerNorm & { axes: readonly string[] }) | undefined {
  const made = (name: string | undefined, op: string): readonly string[] | undefined => {
    const node = maker(name ?? "");
    return node?.op === op ? node.inputs : undefined;
  };
  const [scaled = "", bias = ""] = add.inputs;
  const [normalised = "", weight = ""] = made(scaled, "Mul") ?? [];
  const [centred = "", deviation = ""] = made(normalised, "Div") ?? [];
  const [x = "", mean = ""] = made(centred, "Sub") ?? [];
  const [meanOf = "", meanAxes = ""] = made(mean, "ReduceMean") ?? [];
  const [shifted = ""] = made(deviation, "Sqrt") ?? [];
  const { value: variance = "", scalar: epsilon } = withScalar(maker(shifted), "Add") ?? {};
  const [square = "", varianceAxes = ""] = made(variance, "ReduceMean") ?? [];
  const [a, b] = made(square, "Mul") ?? [];
  const isLayerNorm = epsilon !== undefined && meanOf === x && a === centred && b === centred;
  const keepsAxes = [mean, variance].every((name) => maker(name)?.attributes["keepdims"] === 1);
  const alone = [scaled, normalised, mean, deviation, shifted, variance, square].every(usedOnce);
  if (!isLayerNorm || !keepsAxes || !alone) return undefined;
  return { x, weight, bias, epsilon, axes: [meanAxes, varianceAxes] };
}

import { type Graph, onnxNode } from "../graph/graph.ts";
import { productsOf, type QuantiseOptions } from "./products.ts";

/** The largest absolute value of each channel of an activation, by its name in the graph: float32 `[K]`. */
export type ActivationRanges = ReadonlyMap<string, Float32Array>;

const suffix = ":range";

/**
 * A graph that also gives the range of each activation that `quantise` needs, as outputs beside its own:
 * the largest absolute value of each channel over all rows that it ran on, padding included.
 */
export function observeActivations(graph: Graph, options: QuantiseOptions = {}): Graph {
  const shapes = new Map(graph.shapes);
  const nodes = [...graph.nodes];
  const outputs = [...graph.outputs];
  const channels = new Map(
    productsOf(graph, options).map((p) => [p.activation, p.weight.shape[0] ?? NaN]),
  );
  for (const [name, count] of channels) {
    const add = (op: string, inputs: string[], output: string, attributes = {}) => {
      nodes.push(onnxNode("observe", op, inputs, [output], attributes));
      return output;
    };
    shapes.set(`${name}:rows`, [-1, count]).set(`${name}:first`, [0]);
    const rows = add("Reshape", [name, `${name}:rows`], `${name}:in-rows`);
    const sizes = add("Abs", [rows], `${name}:sizes`);
    add("ReduceMax", [sizes, `${name}:first`], `${name}${suffix}`, { keepdims: 0 });
    outputs.push({ name: `${name}${suffix}`, dtype: "float32", shape: [count] });
  }
  return { ...graph, nodes, outputs, shapes };
}

/**
 * The ranges of several runs of an observed graph: of each channel the largest.
 *
 * @param runs the outputs of each run, by their names; those that are no range do not count
 */
export function activationRanges(
  runs: Iterable<Readonly<Record<string, { data: unknown }>>>,
): ActivationRanges {
  const ranges = new Map<string, Float32Array>();
  for (const outputs of runs) {
    for (const [name, { data }] of Object.entries(outputs)) {
      if (!name.endsWith(suffix) || !(data instanceof Float32Array)) continue;
      const activation = name.slice(0, -suffix.length);
      const before = ranges.get(activation);
      ranges.set(activation, before === undefined ? data.slice() : largest(before, data));
    }
  }
  return ranges;
}

function largest(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((x, i) => Math.max(x, b[i] ?? NaN));
}

import * as tf from "@tensorflow/tfjs";
import type { Dim, Graph, GraphNode, ValueInfo } from "./graph.ts";
import { backendName, Recorder, traceBackend } from "./trace-backend.ts";
import { removeDeadNodes } from "./passes.ts";
import { unify } from "./unify.ts";

/** The dtype and shape of an input; a string is a dimension that may differ from run to run. */
export interface TensorSpec {
  dtype: "float32" | "int32" | "bool";
  shape: readonly (number | string)[];
}

export type TensorSpecs = Readonly<Record<string, TensorSpec>>;
export type NamedTensors = Record<string, tf.Tensor>;

/**
 * Sizes given to the symbols while tracing: primes, so that each number of the trace can be told to
 * be a product of them in one way only, and none a size that models are made of.
 */
const primes = [
  [5, 7, 3],
  [11, 13, 17],
  [19, 23, 29],
  [31, 37, 41],
] as const;

/**
 * Records a function on tfjs tensors as a graph, gradients that it takes included.
 *
 * With symbols in the specs the function is traced at two sizes, the two are unified, and the
 * result is held against a third trace, number by number.
 *
 * @param fn pure; must not read a tensor's numbers. Called up to three times
 * @throws Error that names the kernel if one has no lowering or reads numbers; RangeError if a
 *   number depends on the sizes in another way than as a product of them
 */
export function trace(fn: (inputs: NamedTensors) => NamedTensors, specs: TensorSpecs): Graph {
  const symbols = [
    ...new Set(Object.values(specs).flatMap((s) => s.shape.filter((d) => typeof d === "string"))),
  ].sort();
  if (symbols.length > primes.length) {
    throw new RangeError(`trace: at most ${primes.length} symbols, got ${symbols.join(", ")}`);
  }
  const at = (which: 0 | 1 | 2) => {
    const sizes = Object.fromEntries(symbols.map((s, i) => [s, primes[i]?.[which] ?? 1]));
    return { sizes, graph: traceAt(fn, specs, sizes) };
  };
  const first = at(0);
  if (symbols.length === 0) return removeDeadNodes(first.graph);
  return removeDeadNodes(unify(first, at(1), at(2)));
}

/** One trace, every dimension a number. */
function traceAt(
  fn: (inputs: NamedTensors) => NamedTensors,
  specs: TensorSpecs,
  sizes: Readonly<Record<string, number>>,
): Graph {
  const backend = traceBackend();
  if (backend.recorder !== undefined) throw new Error("trace: called inside another trace");
  // Makes sure that a backend has been chosen, so that there is one to go back to.
  tf.backend();
  const previous = tf.getBackend();
  const recorder = new Recorder(backend);
  backend.recorder = recorder;
  // Both calls take effect at once: these backends need no waiting, and the promise says nothing new.
  void tf.setBackend(backendName);
  tf.engine().startScope();
  try {
    const inputs: ValueInfo[] = [];
    const tensors: NamedTensors = {};
    for (const [name, { dtype, shape }] of Object.entries(specs)) {
      const concrete = shape.map((d) => (typeof d === "string" ? (sizes[d] ?? 1) : d));
      inputs.push({
        name,
        dtype,
        shape: shape.map((d): Dim => (typeof d === "string" ? { factor: 1, symbols: [d] } : d)),
      });
      tensors[name] = tf.engine().makeTensorFromTensorInfo(recorder.output(name, concrete, dtype));
    }
    const results = fn(tensors);
    return finish(recorder, inputs, results);
  } catch (error) {
    throw withFix(error);
  } finally {
    tf.engine().endScope();
    backend.recorder = undefined;
    void tf.setBackend(previous);
  }
}

/** Gives each output its own name and node, so that an output is never an input or another output. */
function finish(recorder: Recorder, inputs: readonly ValueInfo[], results: NamedTensors): Graph {
  // Looking a tensor up may record the constant behind it, so all look-ups come first.
  const sources = Object.entries(results).map(([name, tensor]) => ({
    name: `${name}:out`,
    tensor,
    source: recorder.ref(tensor),
  }));
  const outputs = sources.map(({ name, tensor }): ValueInfo => ({
    name,
    dtype: tensor.dtype as ValueInfo["dtype"],
    shape: tensor.shape,
  }));
  const identities = sources.map(({ name, source }): GraphNode => ({
    op: "Identity",
    domain: "",
    inputs: [source],
    outputs: [name],
    attributes: {},
    kernel: "output",
  }));
  const nodes = [...recorder.nodes, ...identities];
  return { inputs, outputs, nodes, constants: recorder.constants, shapes: recorder.shapes };
}

function withFix(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const kernel = /kernel '(\w+)'/i.exec(error.message)?.[1];
  if (kernel === undefined) return error;
  return new Error(
    `trace: the tfjs kernel ${kernel} has no lowering; add one under packages/compile/src/lowerings, or use other operations`,
    { cause: error },
  );
}

import * as tf from "@tensorflow/tfjs";
import { dimAt, type Graph, onnxNode, symbolicShape, type ValueInfo } from "../graph/graph.ts";
import { graphDtype, type TensorDtype } from "./lowering.ts";
import { elideOutputCopies } from "../graph/elide-output-copies.ts";
import { removeDeadNodes } from "../graph/passes.ts";
import { backendName, Recorder, traceBackend } from "./trace-backend.ts";
import { describeSizes, unify } from "./unify.ts";

/** The dtype and shape of an input; a string is a dimension, of 1 or more, that may differ from run to run. */
export interface TensorSpec {
  dtype: TensorDtype;
  shape: readonly (number | string)[];
}

/** The inputs of a function, by name. */
export type TensorSpecs = Readonly<Record<string, TensorSpec>>;
/** Tensors by name. */
export type NamedTensors = Record<string, tf.Tensor>;
/** A tensor for each of the specs. */
export type TensorsOf<S extends TensorSpecs> = { [K in keyof S]: tf.Tensor };

type Sizes = Readonly<Record<string, number>>;

/**
 * Sizes of the symbols while tracing: primes, so that each number of the trace is a product of them in one
 * way only, and none of them a usual size in models.
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
 * result is compared with a third trace, number by number. The graph is then valid for every size from
 * 1 on. tfjs itself does other things where a size is 1 (its gradients skip sums, `tf.squeeze` drops
 * an axis), so a fourth trace, at 1, is compared by its outputs' shapes alone.
 *
 * Tensors from outside that the function uses become constants. No tensor that it makes outlives
 * the trace, kept or not.
 *
 * @param fn pure; must not read a tensor's numbers, nor assign to a variable. Called up to four times
 * @param specs the graph's inputs, in this order; names without ":"
 * @returns a graph whose inputs and outputs have the names of the specs and of fn's result; an output
 *   of an input's name gets ":out" after it
 * @throws Error that names the kernel if one has no lowering or reads numbers; RangeError if a
 *   number depends on the sizes in another way than as a product of them plus a constant, if fn
 *   fails at size 1, or if what it returns is no tensors by name
 */
export function trace<const S extends TensorSpecs>(
  fn: (inputs: TensorsOf<S>) => NamedTensors,
  specs: S,
): Graph {
  for (const name of Object.keys(specs)) checkName(name);
  const symbols = symbolsOf(specs);
  const [most, used] = [primes.length, symbols.length];
  if (used > most)
    throw new RangeError(`trace: at most ${most} symbols, got ${symbols.join(", ")}`);
  const at = (which: 0 | 1 | 2) => {
    const sizes = Object.fromEntries(symbols.map((s, i) => [s, primes[i]?.[which] ?? 1]));
    return { sizes, graph: traceAt(fn, specs, sizes) };
  };
  const first = at(0);
  if (used === 0) return first.graph;
  const graph = unify(first, at(1), at(2));
  const ones = Object.fromEntries(symbols.map((s) => [s, 1]));
  checkOutputs(graph, ones, () => traceAt(fn, specs, ones));
  return graph;
}

function symbolsOf(specs: TensorSpecs): string[] {
  const symbols = Object.values(specs).flatMap((s) => s.shape.filter((d) => typeof d === "string"));
  for (const symbol of symbols) {
    if (!/^[A-Za-z_]\w*$/.test(symbol))
      throw new RangeError(`trace: a symbol must be letters, digits and _, got "${symbol}"`);
  }
  return [...new Set(symbols)].sort();
}

function checkName(name: string): void {
  if (name === "" || name.includes(":"))
    throw new RangeError(`trace: a tensor's name must not be empty nor contain ":", got "${name}"`);
}

/** Whether the outputs of a trace at these sizes have the shapes that the graph says. */
function checkOutputs(graph: Graph, sizes: Sizes, traceThere: () => Graph): void {
  const where = describeSizes(sizes);
  let there: Graph;
  try {
    there = traceThere();
  } catch (cause) {
    throw new RangeError(
      `trace: a size may be 1, but the function fails at ${where}: ${(cause as Error).message}`,
      { cause },
    );
  }
  const described = (outputs: readonly ValueInfo[]) =>
    outputs
      .map((o) => `${o.name} ${o.dtype} [${o.shape.map((d) => dimAt(d, sizes)).join(", ")}]`)
      .join("; ");
  const [expected, got] = [described(graph.outputs), described(there.outputs)];
  if (expected !== got) {
    throw new RangeError(
      `trace: the function does otherwise at ${where}: expected the outputs ${expected}, got ${got}; name the axes (tf.squeeze) and do not ask whether a size is 1`,
    );
  }
}

/** One trace, every dimension a number. */
function traceAt<S extends TensorSpecs>(
  fn: (inputs: TensorsOf<S>) => NamedTensors,
  specs: S,
  sizes: Sizes,
): Graph {
  const backend = traceBackend();
  if (backend.recorder !== undefined) throw new Error("trace: called inside another trace");
  const engine = tf.engine();
  // Makes sure that a backend has been chosen, so that there is one to go back to.
  tf.backend();
  const previous = tf.getBackend();
  const variables = new Set(Object.keys(engine.registeredVariables));
  const recorder = new Recorder(backend);
  backend.recorder = recorder;
  // Both calls take effect at once: these backends need no waiting, and the promise says nothing new.
  void tf.setBackend(backendName);
  engine.startScope();
  const keeper = keepersOf(engine);
  try {
    const inputs: ValueInfo[] = [];
    const tensors: NamedTensors = {};
    for (const [name, { dtype, shape }] of Object.entries(specs)) {
      const concrete = shape.map((d) => (typeof d === "string" ? (sizes[d] ?? 1) : d));
      inputs.push({ name, dtype, shape: symbolicShape(shape) });
      tensors[name] = engine.makeTensorFromTensorInfo(recorder.output(name, concrete, dtype));
    }
    return finish(recorder, inputs, fn(tensors as TensorsOf<S>));
  } catch (error) {
    throw withFix(error);
  } finally {
    keeper.dispose();
    for (const [name, variable] of Object.entries(engine.registeredVariables))
      if (!variables.has(name)) variable.dispose();
    engine.endScope();
    backend.recorder = undefined;
    void tf.setBackend(previous);
  }
}

/**
 * Notes the tensors that are kept from now on. tfjs's gradients keep what they save, and leave it
 * behind where a function throws; a step may keep a result. None of them is of use after the trace.
 */
function keepersOf(engine: ReturnType<typeof tf.engine>): { dispose(): void } {
  const { id: before } = tf.scalar(0);
  const kept: tf.Tensor[] = [];
  const keep = engine.keep;
  engine.keep = (tensor) => {
    kept.push(tensor);
    return keep.call(engine, tensor) as typeof tensor;
  };
  return {
    dispose() {
      engine.keep = keep;
      for (const tensor of kept) if (tensor.id > before) tensor.dispose();
    },
  };
}

/** Gives each output its own name and node, so that an output is never an input or another output. */
function finish(recorder: Recorder, inputs: readonly ValueInfo[], results: NamedTensors): Graph {
  const taken = new Set(inputs.map((i) => i.name));
  const named = Object.entries(results);
  if (named.length === 0)
    throw new RangeError(
      `trace: the function must return tensors by name, got ${(results as unknown) instanceof Promise ? "a promise" : "none"}`,
    );
  // Looking a tensor up may record the constant behind it, so all look-ups come first.
  const sources = named.map(([name, tensor]) => {
    checkName(name);
    if (!((tensor as unknown) instanceof tf.Tensor))
      throw new RangeError(
        `trace: the function must return tensors, got ${typeof tensor} for "${name}"`,
      );
    return {
      info: {
        name: taken.has(name) ? `${name}:out` : name,
        dtype: graphDtype(tensor.dtype, `output ${name}`),
        shape: tensor.shape,
      },
      source: recorder.ref(tensor),
    };
  });
  const identities = sources.map(({ info, source }) =>
    onnxNode("output", "Identity", [source], [info.name]),
  );
  return elideOutputCopies(
    removeDeadNodes({
      inputs,
      outputs: sources.map(({ info }) => info),
      nodes: [...recorder.nodes, ...identities],
      constants: recorder.constants,
      shapes: recorder.shapes,
    }),
  );
}

function withFix(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const kernel = /^Kernel '(\w+)' not registered/.exec(error.message)?.[1];
  if (kernel === undefined) return error;
  return new Error(
    `trace: the tfjs kernel ${kernel} has no lowering; use other operations, or add one to packages/compile/src/lowerings`,
    { cause: error },
  );
}

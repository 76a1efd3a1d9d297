import * as ort from "onnxruntime-node";
import { dimAt, type Graph, type ValueInfo } from "./graph.ts";
import { onnxBytes } from "./onnx-writer.ts";
import { optimise } from "./optimise.ts";
import { scanLoop } from "./scan.ts";
import { type NamedTensors, type TensorSpecs, type TensorsOf, trace } from "./trace.ts";

/** A tensor's numbers, row-major: float32, int32, or one byte for a bool. */
export type HostArray = Float32Array | Int32Array | Uint8Array;

/** Numbers by name. */
export type HostArrays = Readonly<Record<string, HostArray>>;

/** What each symbol is in a run: a whole number from 1 on. */
export type Sizes = Readonly<Record<string, number>>;

export interface SessionOptions {
  /** Threads of one session; ONNX Runtime's own choice (one per core) if left out. The sums' order, and so the last bit of a result, can depend on it. */
  threads?: number;
  /** Told what was made simpler of the graph, line by line. */
  log?: (line: string) => void;
}

/** A graph that is ready to run. */
export interface CompiledFunction {
  /**
   * @param inputs by the names of the graph's inputs, just those
   * @param sizes of the symbols
   * @returns by the names of the outputs; new arrays
   * @throws RangeError if an input is missing, unknown or of another size than its shape says; TypeError
   *   for another dtype; Error if the session has been disposed of, or ONNX Runtime fails
   */
  run(inputs: HostArrays, sizes?: Sizes): Promise<Record<string, HostArray>>;
  /** Frees the session. Once is enough; more does nothing. */
  dispose(): Promise<void>;
}

/**
 * Starts a session for a graph, optimised (`optimise`), on the CPU. Whoever starts it disposes of it.
 *
 * `run` blocks the event loop while it computes; ending the thread in the middle of it aborts Node.
 */
export async function startSession(
  graph: Graph,
  { threads, log }: SessionOptions = {},
): Promise<CompiledFunction> {
  const session = await ort.InferenceSession.create(onnxBytes(optimise(graph, log)), {
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    // What it would print, it throws too.
    logSeverityLevel: 4,
    // A waiting thread sleeps: on a busy machine spinning takes the time of the one that works.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    // Sizes differ from run to run, so a pattern of the last one's memory saves nothing.
    enableMemPattern: false,
  });
  const inputNames = new Set(graph.inputs.map((i) => bare(i.name)));
  let disposed = false;
  return {
    async run(inputs, sizes = {}) {
      if (disposed) throw new Error("run: the session has been disposed of; start another");
      for (const name of Object.keys(inputs)) {
        if (!inputNames.has(name))
          throw new RangeError(
            `run: there is no input ${name} (has ${[...inputNames].join(", ")})`,
          );
      }
      for (const [symbol, size] of Object.entries(sizes)) {
        if (!Number.isInteger(size) || size < 1)
          throw new RangeError(
            `run: the size ${symbol} must be a whole number from 1 on, got ${size}`,
          );
      }
      const feeds: Record<string, ort.Tensor> = {};
      for (const input of graph.inputs)
        feeds[input.name] = feed(
          `run: input ${bare(input.name)}`,
          input,
          inputs[bare(input.name)],
          sizes,
        );
      const results = await session.run(feeds);
      return Object.fromEntries(
        graph.outputs.map(({ name }) => [bare(name), results[name]?.data as HostArray]),
      );
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      await session.release();
    },
  };
}

/** Traces a function and starts a session for it. @throws as `trace` does */
export async function compile<const S extends TensorSpecs>(
  fn: (inputs: TensorsOf<S>) => NamedTensors,
  specs: S,
  options: SessionOptions = {},
): Promise<CompiledFunction> {
  return startSession(trace(fn, specs), options);
}

/** A training step compiled with everything around it: call `run` with the inputs of many steps at once. */
export interface CompiledLoop {
  /** The state after the last run. Shared, not copied: read it, do not write. */
  state(): Record<string, HostArray>;
  /**
   * Runs as many steps as the inputs hold. How many that is changes no number. If it fails the state
   * stays as it was.
   *
   * @param inputs each with a first axis, the step
   * @param sizes of the symbols, and `steps`
   * @returns what each step told, with the same first axis
   * @throws as `CompiledFunction.run` does; Error if another run has not ended yet
   */
  run(inputs: HostArrays, sizes: Sizes & { steps: number }): Promise<Record<string, HostArray>>;
  dispose(): Promise<void>;
}

export interface LoopDefinition<
  S extends TensorSpecs = TensorSpecs,
  I extends TensorSpecs = TensorSpecs,
> {
  /** The state's tensors; their shapes hold no symbols. */
  state: S;
  /** Shared, not copied; never written to. */
  initialState: HostArrays;
  /** What each step reads: one tensor or more. */
  inputs: I;
  /** One step: `state` in the result has the names of the state; `outputs` is what the step tells. */
  step(state: TensorsOf<S>, inputs: TensorsOf<I>): { state: NamedTensors; outputs: NamedTensors };
}

/**
 * Compiles a step into a loop whose state stays inside ONNX Runtime for all the steps of a run.
 *
 * @throws as `trace` and `scanLoop` do; RangeError if the initial state or the step leaves out a part
 *   of the state or has one that is none, or a part has another size
 */
export async function compileLoop<const S extends TensorSpecs, const I extends TensorSpecs>(
  definition: LoopDefinition<S, I>,
  options: SessionOptions = {},
): Promise<CompiledLoop> {
  const stateNames = Object.keys(definition.state);
  checkInitialState(definition.state, definition.initialState);
  const graph = trace(
    (tensors: NamedTensors) => {
      const pick = (names: readonly string[], key = (name: string) => name) =>
        Object.fromEntries(names.map((n) => [n, required(tensors, key(n), "an input")]));
      const { state, outputs } = definition.step(
        pick(stateNames, prefixed) as TensorsOf<S>,
        pick(Object.keys(definition.inputs)) as TensorsOf<I>,
      );
      const extra = Object.keys(state).find((n) => !(n in definition.state));
      if (extra !== undefined)
        throw new RangeError(
          `compileLoop: the step returns "${extra}" as state, which is none (has ${stateNames.join(", ")})`,
        );
      const next = stateNames.map((n) => [prefixed(n), required(state, n, "the step's new state")]);
      return { ...(Object.fromEntries(next) as NamedTensors), ...outputs };
    },
    {
      ...Object.fromEntries(Object.entries(definition.state).map(([n, s]) => [prefixed(n), s])),
      ...definition.inputs,
    },
  );
  const loop = scanLoop(optimise(graph, options.log), stateNames.length);
  const session = await startSession(loop, options);
  let state = { ...definition.initialState } as Record<string, HostArray>;
  let running = false;
  return {
    state: () => ({ ...state }),
    async run(inputs, sizes) {
      if (running)
        throw new Error(
          "run: the run before has not ended; await it, for this one needs its state",
        );
      running = true;
      try {
        const before = Object.fromEntries(stateNames.map((n) => [prefixed(n), state[n]]));
        const results = await session.run({ ...(before as HostArrays), ...inputs }, sizes);
        const next: Record<string, HostArray> = {};
        for (const name of stateNames) {
          next[name] = required(results, prefixed(name), "a result");
          delete results[prefixed(name)];
        }
        state = next;
        return results;
      } finally {
        running = false;
      }
    },
    dispose: () => session.dispose(),
  };
}

/** The name of a part of the state among the graph's inputs and outputs. */
function prefixed(name: string): string {
  return `state/${name}`;
}

function checkInitialState(specs: TensorSpecs, initial: HostArrays): void {
  for (const name of Object.keys(initial)) {
    if (!(name in specs))
      throw new RangeError(
        `compileLoop: initialState has "${name}", which is no state (has ${Object.keys(specs).join(", ")})`,
      );
  }
  for (const [name, { dtype, shape }] of Object.entries(specs)) {
    const symbol = shape.find((d) => typeof d === "string");
    if (symbol !== undefined)
      throw new RangeError(
        `compileLoop: the state's shapes hold no symbols, got ${symbol} in "${name}"`,
      );
    const where = `compileLoop: initialState ${name}`;
    feed(where, { dtype, shape: shape as readonly number[] }, initial[name], {});
  }
}

function required<T>(record: Readonly<Record<string, T>>, name: string, what: string): T {
  const value = record[name];
  if (value === undefined)
    throw new RangeError(
      `compileLoop: "${name}" is missing from ${what} (has ${Object.keys(record).join(", ")})`,
    );
  return value;
}

/** A graph's value names carry prefixes and suffixes that callers do not see. */
function bare(name: string): string {
  return name.replace(/^loop:/, "").replace(/:out$/, "");
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** The tensor to feed to an input. @throws as `CompiledFunction.run` does */
function feed(
  where: string,
  input: Pick<ValueInfo, "dtype" | "shape">,
  data: HostArray | undefined,
  sizes: Sizes,
): ort.Tensor {
  const { dtype } = input;
  if (data === undefined) throw new RangeError(`${where} is missing`);
  if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
    throw new TypeError(`${where} must be float32, int32 or bool, is ${dtype}`);
  if (!(data instanceof arrays[dtype]))
    throw new TypeError(
      `${where} is ${dtype}: expected ${arrays[dtype].name}, got ${(data as object).constructor.name}`,
    );
  const shape = input.shape.map((d) => dimAt(d, sizes));
  const count = shape.reduce((a, b) => a * b, 1);
  if (data.length !== count)
    throw new RangeError(
      `${where} must be [${shape.join(", ")}] = ${count} numbers, got ${data.length}`,
    );
  return new ort.Tensor(dtype as "float32", data as Float32Array, shape);
}

import * as ort from "onnxruntime-node";
import { dimAt, type Graph } from "./graph.ts";
import { onnxBytes } from "./onnx-writer.ts";
import { scanLoop } from "./scan.ts";
import { type NamedTensors, type TensorSpecs, trace } from "./trace.ts";

/** Numbers by name; a bool is one byte. */
export type HostArrays = Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>;

export interface SessionOptions {
  /** Threads of one session; ONNX Runtime's own choice (one per core) if left out. The sums' order, and so the last bit of a result, can depend on it. */
  threads?: number;
}

/** A graph that is ready to run. */
export interface CompiledFunction {
  /**
   * @param inputs by the names of the graph's inputs
   * @param sizes of the symbols
   * @returns by the names of the outputs
   */
  run(
    inputs: HostArrays,
    sizes?: Readonly<Record<string, number>>,
  ): Promise<Record<string, Float32Array | Int32Array | Uint8Array>>;
  dispose(): Promise<void>;
}

/** Starts a session for a graph. Whoever starts it disposes of it. */
export async function startSession(
  graph: Graph,
  { threads }: SessionOptions = {},
): Promise<CompiledFunction> {
  const session = await ort.InferenceSession.create(onnxBytes(graph), {
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    logSeverityLevel: 3,
  });
  return {
    async run(inputs, sizes = {}) {
      const feeds: Record<string, ort.Tensor> = {};
      for (const { name, dtype, shape } of graph.inputs) {
        feeds[name] = tensor(
          name,
          dtype,
          inputs[bare(name)],
          shape.map((d) => dimAt(d, sizes)),
        );
      }
      const results = await session.run(feeds);
      return Object.fromEntries(
        graph.outputs.map(({ name }) => [
          bare(name),
          results[name]?.data as Float32Array | Int32Array | Uint8Array,
        ]),
      );
    },
    dispose: () => session.release(),
  };
}

/** Traces a function and starts a session for it. @throws as `trace` does */
export async function compile(
  fn: (inputs: NamedTensors) => NamedTensors,
  specs: TensorSpecs,
  options: SessionOptions = {},
): Promise<CompiledFunction> {
  return startSession(trace(fn, specs), options);
}

/** A training step compiled with everything around it: call `run` with the inputs of many steps at once. */
export interface CompiledLoop {
  /** The state after the last run. Shared, not copied: read it, do not write. */
  state(): Record<string, Float32Array | Int32Array | Uint8Array>;
  /**
   * Runs as many steps as the inputs hold.
   *
   * @param inputs each with a first axis, the step
   * @param sizes of the symbols, and `steps`
   * @returns what each step told, with the same first axis
   */
  run(
    inputs: HostArrays,
    sizes: Readonly<Record<string, number>> & { steps: number },
  ): Promise<Record<string, Float32Array | Int32Array | Uint8Array>>;
  dispose(): Promise<void>;
}

export interface LoopDefinition {
  /** The state's tensors; their shapes hold no symbols. */
  state: TensorSpecs;
  initialState: HostArrays;
  /** What each step reads. */
  inputs: TensorSpecs;
  /** One step: `state` in the result has the names of the state; `outputs` is what the step tells. */
  step(state: NamedTensors, inputs: NamedTensors): { state: NamedTensors; outputs: NamedTensors };
}

/**
 * Compiles a step into a loop whose state stays inside ONNX Runtime for all the steps of a run.
 *
 * @throws as `trace` does; RangeError if the step leaves out a part of the state or changes its shape
 */
export async function compileLoop(
  definition: LoopDefinition,
  options: SessionOptions = {},
): Promise<CompiledLoop> {
  const stateNames = Object.keys(definition.state);
  const graph = trace(
    (tensors) => {
      const inputs = Object.fromEntries(
        Object.keys(definition.inputs).map((n) => [n, required(tensors, n)]),
      );
      const state = Object.fromEntries(stateNames.map((n) => [n, required(tensors, `state/${n}`)]));
      const result = definition.step(state, inputs);
      const next = stateNames.map((n) => [`state/${n}`, required(result.state, n)] as const);
      return { ...Object.fromEntries(next), ...result.outputs };
    },
    {
      ...Object.fromEntries(
        Object.entries(definition.state).map(([n, spec]) => [`state/${n}`, spec]),
      ),
      ...definition.inputs,
    },
  );
  const session = await startSession(scanLoop(graph, stateNames.length), options);
  let state: HostArrays = Object.fromEntries(
    stateNames.map((n) => [`state/${n}`, definition.initialState[n]]),
  ) as HostArrays;
  return {
    state: () =>
      Object.fromEntries(
        Object.entries(state).map(([n, data]) => [n.slice("state/".length), data]),
      ),
    async run(inputs, sizes) {
      const results = await session.run({ ...state, ...inputs }, sizes);
      const told: Record<string, Float32Array | Int32Array | Uint8Array> = {};
      const next: Record<string, Float32Array | Int32Array | Uint8Array> = {};
      for (const [name, data] of Object.entries(results))
        (name.startsWith("state/") ? next : told)[name] = data;
      state = next;
      return told;
    },
    dispose: () => session.dispose(),
  };
}

function required<T>(record: Readonly<Record<string, T>>, name: string): T {
  const value = record[name];
  if (value === undefined)
    throw new RangeError(
      `compileLoop: "${name}" is missing (has ${Object.keys(record).join(", ")})`,
    );
  return value;
}

/** A graph's value names carry prefixes and suffixes that callers do not see. */
function bare(name: string): string {
  return name.replace(/^loop:/, "").replace(/:out$/, "");
}

function tensor(
  name: string,
  dtype: string,
  data: Float32Array | Int32Array | Uint8Array | undefined,
  shape: readonly number[],
): ort.Tensor {
  if (data === undefined) throw new RangeError(`run: the input ${bare(name)} is missing`);
  const count = shape.reduce((a, b) => a * b, 1);
  if (data.length !== count) {
    throw new RangeError(
      `run: input ${bare(name)} must be [${shape.join(", ")}] = ${count} numbers, got ${data.length}`,
    );
  }
  return new ort.Tensor(dtype as "float32", data as Float32Array, shape);
}

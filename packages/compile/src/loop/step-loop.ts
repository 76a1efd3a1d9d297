import {
  checkInputs,
  type HostArray,
  type HostArrays,
  hostShape,
  type Sizes,
} from "../session/host-arrays.ts";
import { type NamedTensors, type TensorSpecs, type TensorsOf, trace } from "../trace/trace.ts";
import { type Graph, symbolicShape } from "../graph/graph.ts";

/** A compiled training loop: call `run` with the inputs of many steps at once. */
export interface StepLoop {
  /** The state after the last run. On the CPU its memory is shared: do not write to it. */
  state(): Promise<Record<string, HostArray>>;
  /**
   * Runs one step or more. How many steps a run takes changes no number. If it fails, the state stays
   * as it was.
   *
   * On the CPU and on CUDA the inputs of a run's steps are put end to end: arrays that are views of one
   * buffer, step after step, are not copied.
   *
   * @param steps the inputs of each step
   * @param sizes of the symbols
   * @returns the outputs of each step
   * @throws as `CompiledFunction.run` does; RangeError if there is no step; Error if another run has not
   *   ended yet
   */
  run(steps: readonly HostArrays[], sizes?: Sizes): Promise<Record<string, HostArray>[]>;
  /** Frees the loop. Further calls do nothing. */
  dispose(): Promise<void>;
}

/** A training step, and its initial state. */
export interface LoopDefinition<
  S extends TensorSpecs = TensorSpecs,
  I extends TensorSpecs = TensorSpecs,
> {
  /** The state's tensors; their shapes have no symbols. */
  state: S;
  /** Not copied, and never written to. */
  initialState: HostArrays;
  /** The inputs of a step: one tensor or more. */
  inputs: I;
  /** One step: `state` in the result has the names of the state; `outputs` are its other results. */
  step(state: TensorsOf<S>, inputs: TensorsOf<I>): { state: NamedTensors; outputs: NamedTensors };
}

/** The step as a graph: its inputs are the state, then what it reads; its outputs the new state, then `outputs`. */
export function traceStep({ state: specs, inputs, step }: LoopDefinition): Graph {
  const stateNames = Object.keys(specs);
  return trace(
    (tensors: NamedTensors) => {
      const pick = (names: readonly string[], key = (name: string) => name) =>
        Object.fromEntries(names.map((n) => [n, required(tensors, key(n), "an input")]));
      const { state, outputs } = step(pick(stateNames, prefixed), pick(Object.keys(inputs)));
      checkNewState(specs, state);
      const next = stateNames.map((n) => [prefixed(n), required(state, n, "the step's new state")]);
      return { ...(Object.fromEntries(next) as NamedTensors), ...outputs };
    },
    {
      ...Object.fromEntries(Object.entries(specs).map(([n, s]) => [prefixed(n), s])),
      ...inputs,
    },
  );
}

/** The name of a tensor of the state among the graph's inputs and outputs. */
export function prefixed(name: string): string {
  return `state/${name}`;
}

/** @throws RangeError if a step returns something as state that is none, leaves a part out, or changes its dtype or shape */
export function checkNewState(specs: TensorSpecs, state: NamedTensors): void {
  const extra = Object.keys(state).find((n) => !(n in specs));
  if (extra !== undefined)
    throw new RangeError(
      `loop: the step returns "${extra}" as state, which is none (has ${Object.keys(specs).join(", ")})`,
    );
  for (const [name, { dtype, shape }] of Object.entries(specs)) {
    const next = required(state, name, "the step's new state");
    const [before, after] = [
      `${dtype} [${shape.join(", ")}]`,
      `${next.dtype} [${next.shape.join(", ")}]`,
    ];
    if (before !== after)
      throw new RangeError(
        `loop: "${name}" is state, but goes in as ${before} and comes out as ${after}`,
      );
  }
}

/**
 * @throws RangeError if a step reads nothing (so that the loop has no length), `steps` is a symbol of
 *   its own, the state's shapes hold a symbol, or a part of the initial state is missing, unknown or
 *   of another size
 */
export function checkDefinition({ state: specs, initialState, inputs }: LoopDefinition): void {
  const read = Object.entries(inputs);
  if (read.length === 0)
    throw new RangeError(
      "loop: a step must read one input or more besides its state; a counter will do",
    );
  const own = read.find(([, { shape }]) => shape.includes("steps"));
  if (own !== undefined)
    throw new RangeError(
      `loop: input ${own[0]} has a size "steps", which is the loop's own; give it another name`,
    );
  for (const name of Object.keys(initialState)) {
    if (!(name in specs))
      throw new RangeError(
        `loop: initialState has "${name}", which is no state (has ${Object.keys(specs).join(", ")})`,
      );
  }
  for (const [name, { dtype, shape }] of Object.entries(specs)) {
    const symbol = shape.find((d) => typeof d === "string");
    if (symbol !== undefined)
      throw new RangeError(`loop: the state's shapes hold no symbols, got ${symbol} in "${name}"`);
    const where = `loop: initialState ${name}`;
    hostShape(where, { dtype, shape: shape as readonly number[] }, initialState[name], {});
  }
}

/** @throws RangeError or TypeError if there is no step, or if one lacks an input or has a wrong one */
function checkSteps(inputs: TensorSpecs, steps: readonly HostArrays[], sizes: Sizes): void {
  if (steps.length === 0) throw new RangeError("run: expected one step or more, got none");
  const specs = Object.entries(inputs).map(([name, { dtype, shape }]) => ({
    name,
    dtype,
    shape: symbolicShape(shape),
  }));
  for (const step of steps) {
    checkInputs(Object.keys(inputs), step, sizes);
    for (const spec of specs) hostShape(`run: input ${spec.name}`, spec, step[spec.name], sizes);
  }
}

/**
 * A loop that checks what its steps read, and refuses a run before the last one has ended or after the
 * loop was disposed of.
 */
export function checkedLoop({ inputs }: LoopDefinition, loop: StepLoop): StepLoop {
  let running = false;
  let disposed = false;
  return {
    state: () => loop.state(),
    async run(steps, sizes = {}) {
      if (disposed) throw new Error("run: the session has been disposed of; start another");
      if (running)
        throw new Error(
          "run: the run before has not ended; await it, for this one needs its state",
        );
      checkSteps(inputs, steps, sizes);
      running = true;
      try {
        return await loop.run(steps, sizes);
      } finally {
        running = false;
      }
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      await loop.dispose();
    },
  };
}

/**
 * Runs steps one by one, each on the state that the one before left. The state before the first is
 * freed once all have run; if one fails, it stays, and those in between are freed.
 */
export async function oneByOne<State>(
  before: State,
  steps: readonly HostArrays[],
  step: (
    state: State,
    inputs: HostArrays,
  ) => Promise<{ state: State; outputs: Outputs | Promise<Outputs> }>,
  free: (state: State) => void,
): Promise<{ state: State; outputs: Outputs[] }> {
  const outputs: Outputs[] = [];
  let state = before;
  try {
    for (const inputs of steps) {
      const next = await step(state, inputs);
      if (state !== before) free(state);
      state = next.state;
      outputs.push(await next.outputs);
    }
  } catch (error) {
    if (state !== before) free(state);
    throw error;
  }
  free(before);
  return { state, outputs };
}

type Outputs = Record<string, HostArray>;

/** @throws RangeError if there is no entry of that name */
export function required<T>(record: Readonly<Record<string, T>>, name: string, what: string): T {
  const value = record[name];
  if (value === undefined)
    throw new RangeError(
      `loop: "${name}" is missing from ${what} (has ${Object.keys(record).join(", ")})`,
    );
  return value;
}

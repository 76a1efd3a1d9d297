import * as tf from "@tensorflow/tfjs";
import { dimAt, symbolicShape } from "../graph/graph.ts";
import type { HostArray, HostArrays } from "../session/host-arrays.ts";
import {
  checkDefinition,
  checkedLoop,
  checkNewState,
  type LoopDefinition,
  oneByOne,
  required,
  type StepLoop,
} from "./step-loop.ts";
import type { NamedTensors, TensorSpecs } from "../trace/trace.ts";

/** Options of `eagerLoop`. */
export interface EagerOptions {
  /** A backend that tfjs knows: `cpu`, or `tensorflow` once tfjs-node is loaded (`nativeBackend`). */
  backend: string;
}

/**
 * The loop that `compileLoop` compiles, run by tfjs itself, kernel by kernel: for comparison, and for
 * steps that cannot be traced. A run makes its backend tfjs's current one.
 *
 * @throws RangeError for a backend that tfjs does not know, and as `compileLoop` does of the state
 */
export async function eagerLoop<const S extends TensorSpecs, const I extends TensorSpecs>(
  definition: LoopDefinition<S, I>,
  { backend }: EagerOptions,
): Promise<StepLoop> {
  // The type parameters give callers the names; in here any name will do.
  const any = definition as unknown as LoopDefinition;
  const { state: specs } = any;
  checkDefinition(any);
  await useBackend(backend);
  let state: NamedTensors = Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => [
      name,
      tf.tensor(any.initialState[name] ?? [], shape as number[], dtype),
    ]),
  );
  const loop: StepLoop = {
    state: () => arraysOf(state),
    async run(steps, sizes = {}) {
      await useBackend(backend);
      const step = async (before: NamedTensors, arrays: HostArrays) => {
        const next = tf.tidy(() => {
          const tensors = Object.entries(any.inputs).map(([name, { dtype, shape }]) => {
            const dims = symbolicShape(shape).map((d) => dimAt(d, sizes));
            return [name, tf.tensor(required(arrays, name, "a step's inputs"), dims, dtype)];
          });
          const made = any.step({ ...before }, Object.fromEntries(tensors));
          checkNewState(specs, made.state);
          // A step may return a tensor of the state as it is; clones make every result new.
          return { state: clones(made.state), outputs: clones(made.outputs) };
        });
        const outputs = arraysOf(next.outputs).finally(() => tf.dispose(next.outputs));
        return { state: next.state, outputs };
      };
      const done = await oneByOne(state, steps, step, (tensors) => tf.dispose(tensors));
      state = done.state;
      return done.outputs;
    },
    dispose: async () => tf.dispose(state),
  };
  return checkedLoop(any, loop);
}

async function useBackend(backend: string): Promise<void> {
  const known = Object.keys(tf.engine().registryFactory);
  if (!known.includes(backend))
    throw new RangeError(
      `eagerLoop: tfjs knows no backend "${backend}" (knows ${known.join(", ")}); import the package that brings it`,
    );
  if (!(await tf.setBackend(backend)))
    throw new Error(`eagerLoop: the tfjs backend "${backend}" could not be started`);
}

function clones(tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, tf.clone(t)]));
}

async function arraysOf(tensors: NamedTensors): Promise<Record<string, HostArray>> {
  const read = Object.entries(tensors).map(async ([name, t]) => [name, await t.data()] as const);
  return Object.fromEntries(await Promise.all(read));
}

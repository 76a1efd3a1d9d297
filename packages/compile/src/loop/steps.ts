import { type HostArray, type HostArrays, hostShape } from "../host-arrays.ts";
import type { ValueInfo } from "../graph.ts";
import type { LoopSizes } from "./step-loop.ts";

/** One step's inputs as arrays that share memory with the run's, and their shapes. */
export type StepArrays = Record<string, { data: HostArray; shape: readonly number[] }>;

/**
 * The inputs of a run, cut into those of its steps.
 *
 * @param specs of one step's inputs
 * @throws RangeError or TypeError if one is missing or of another size or dtype
 */
export function cutIntoSteps(
  specs: readonly ValueInfo[],
  inputs: HostArrays,
  sizes: LoopSizes,
): StepArrays[] {
  const shapes = specs.map((spec) => {
    const { name, dtype, shape } = spec;
    const whole = { dtype, shape: [sizes.steps, ...shape] };
    return { name, shape: hostShape(`run: input ${name}`, whole, inputs[name], sizes).slice(1) };
  });
  return Array.from({ length: sizes.steps }, (_, i) =>
    Object.fromEntries(
      shapes.map(({ name, shape }) => {
        const count = shape.reduce((a, b) => a * b, 1);
        const data = inputs[name]?.subarray(i * count, (i + 1) * count) ?? new Float32Array(0);
        return [name, { data, shape }];
      }),
    ),
  );
}

/** What each of the steps told, end to end. */
export function endToEnd(steps: readonly HostArrays[]): Record<string, HostArray> {
  const [first = {}] = steps;
  return Object.fromEntries(
    Object.entries(first).map(([name, array]) => {
      const parts = steps.map((step) => step[name] ?? array);
      const total = parts.reduce((sum, part) => sum + part.length, 0);
      const all = emptyLike(array, total);
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return [name, all];
    }),
  );
}

function emptyLike(array: HostArray, length: number): HostArray {
  if (array instanceof Float32Array) return new Float32Array(length);
  return array instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length);
}

import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eager, exact, type HostTensor, mismatch, mismatchAt } from "../../test/eager.ts";
import { withGradients } from "../../test/gradients.ts";
import {
  type InputOf,
  kernelCalls,
  type KernelCalls,
  type Kind,
  type Lengths,
} from "../../test/kernel-calls.ts";
import { type NamedTensors, trace } from "../trace/trace.ts";
import { lowerings } from "./table.ts";
import { elementCount } from "../graph/graph.ts";

const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -2.5, 7, 1e-45];
const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** The number at a place of an input; `seed` is another for each input. */
const numbers: Record<Kind, Record<HostTensor["dtype"], (i: number, seed: number) => number>> = {
  ordinary: {
    float32: (i, seed) => Math.sin(seed * 12.9898 + i * 78.233),
    int32: (i, seed) => Math.round(9 * Math.sin(seed * 12.9898 + i * 78.233)),
    bool: (i, seed) => Number(Math.sin(seed * 12.9898 + i * 78.233) > 0),
  },
  equal: { float32: () => 0.5, int32: () => 2, bool: () => 1 },
  special: {
    float32: (i, seed) => special[(i * seed) % special.length] ?? 0,
    int32: (i, seed) => [2 ** 31 - 1, -(2 ** 31), 0, -1, 1][(i * seed) % 5] ?? 0,
    bool: () => 0,
  },
  huge: {
    float32: (i, seed) => 1e38 * Math.sin(seed * 12.9898 + i * 78.233),
    int32: (i, seed) => Math.round(1e9 * Math.sin(seed * 12.9898 + i * 78.233)),
    bool: () => 1,
  },
  tiny: {
    float32: (i, seed) => 1e-38 * Math.sin(seed * 12.9898 + i * 78.233),
    int32: (i) => i % 2,
    bool: (i) => i % 2,
  },
};

function made(inputs: Readonly<Record<string, InputOf>>, kind: Kind): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(
      ([name, { shape, dtype = "float32", into = (v: number) => v }], k) => {
        const count = elementCount(shape);
        const values = Array.from({ length: count }, (_, i) =>
          into(numbers[kind][dtype](i, k + 1), i),
        );
        return [name, { dtype, shape, data: arrays[dtype].from(values) }];
      },
    ),
  );
}

/** The call as a function, its gradients among the results. */
function withAll(calls: KernelCalls, lengths: Lengths, gradient: boolean) {
  const { run, gradient: names = [] } = calls;
  return (t: NamedTensors): NamedTensors => {
    const plain = [run(t, lengths)].flat().map((y, i) => [`y${i}`, y] as const);
    if (!gradient) return Object.fromEntries(plain);
    const summed = (xs: NamedTensors) =>
      tf.concat([run(xs, lengths)].flat().map((y) => tf.reshape(y, [y.size])));
    // Their sum, of which the gradients are, may be past float32's range.
    const { value: _, ...gradients } = withGradients(summed, ...names)(t);
    return { ...Object.fromEntries(plain), ...gradients };
  };
}

/** Where the compiled call differs from tfjs; undefined also where tfjs itself refuses to work on no numbers. */
async function different(
  calls: KernelCalls,
  lengths: Lengths,
  kind: Kind,
): Promise<string | undefined> {
  const { open = {}, rtol = 1e-5, gradient = [] } = calls;
  if (open[kind] !== undefined) return undefined;
  const inputs = made(calls.inputs(lengths), kind);
  const fn = withAll(calls, lengths, gradient.length > 0);
  const isNothing = Object.values(inputs).some(({ shape }) => shape.includes(0));
  if (isNothing) {
    if (refusal(() => eager(fn, inputs)) !== undefined) return undefined;
    const refused = refusal(() => trace(fn, inputs));
    const expected = calls.refusesNothing;
    if (expected !== undefined && refused?.includes(expected) === true) return undefined;
  }
  const found = await mismatch(fn, inputs, { rtol, atol: calls.atol ?? 1e-6 });
  if (found !== undefined || kind !== "tiny") return found;
  // A tiny number is not 0. Gradients are not tiny: their weights are not.
  return mismatch(withAll(calls, lengths, false), inputs, { rtol, atol: calls.atol ?? 1e-42 });
}

function refusal(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What a device has no correct kernel for; `checkDeviceLimits` refuses it there. */
const refused: readonly string[] = exact ? [] : ["MaxPoolGrad"];

const rows = Object.entries(kernelCalls)
  .filter(([kernel]) => !refused.includes(kernel))
  .flatMap(([kernel, ways]) =>
    ways.map((calls, i) => ({
      name: ways.length > 1 ? `${kernel} ${i + 1}` : kernel,
      kernel,
      calls,
    })),
  );
const usual: Lengths = { a: 2, b: 3, c: 5 };

describe("every lowering", () => {
  it("is called by a row of the table", () => {
    expect(Object.keys(kernelCalls).sort()).toEqual(Object.keys(lowerings).sort());
  });

  it.each(rows)("$name is what tfjs calls", async ({ kernel, calls }) => {
    const inputs = made(calls.inputs(usual), "ordinary");
    const { kernelNames } = await tf.profile(() => {
      eager(withAll(calls, usual, calls.gradient !== undefined), inputs);
      return tf.scalar(0);
    });
    expect(kernelNames).toContain(kernel);
  });

  it.each(rows)("$name agrees with tfjs at lengths of 0, 1 and more", async ({ calls }) => {
    for (const a of exact ? [0, 1, 2] : [1, 2])
      // WebGPU's kernels take four numbers at a time where they can.
      for (const b of exact ? [0, 1, 3] : [3, 4])
        expect(await different(calls, { a, b, c: a === 1 ? 1 : 5 }, "ordinary")).toBeUndefined();
  });

  it.each(rows)("$name agrees with tfjs on any lengths", async ({ calls }) => {
    const length = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(fc.record({ a: length, b: length, c: length }), async (lengths) => {
        expect(await different(calls, lengths, "ordinary")).toBeUndefined();
      }),
      { numRuns: exact ? 4 : 1 },
    );
  });

  it.each(rows)("$name agrees with tfjs on numbers at the edge", async ({ calls }) => {
    const lengths = { a: 5, b: 7, c: 3 };
    for (const kind of exact
      ? (["equal", "special", "huge", "tiny"] as const)
      : (["equal"] as const))
      expect(await different(calls, lengths, kind), `${kind} numbers`).toBeUndefined();
  });

  it.each(rows.filter(({ calls }) => calls.run.length < 2 && calls.fixed === undefined))(
    "$name holds in one graph for any length of its first axis",
    async ({ calls }) => {
      const at = (a: number) => calls.inputs({ ...usual, a });
      const specs = Object.fromEntries(
        Object.entries(at(11)).map(([name, { shape, dtype = "float32" }]) => [
          name,
          { dtype, shape: shape.map((d, i) => (at(13)[name]?.shape[i] === d ? d : "A")) },
        ]),
      );
      const fn = withAll(calls, usual, calls.gradient !== undefined);
      const different = await mismatchAt(
        fn,
        specs,
        [1, 2, 7].map((A) => ({ A })),
        (name, shape, dtype) => {
          const input = at(1)[name];
          return made({ x: { ...input, shape: [...shape], dtype } }, "ordinary")["x"] as HostTensor;
        },
        { rtol: calls.rtol ?? 1e-5, atol: calls.atol ?? 1e-6 },
      );
      expect(different).toBeUndefined();
    },
  );
});

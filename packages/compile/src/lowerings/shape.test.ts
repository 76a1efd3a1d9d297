import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bool,
  eager,
  exact,
  f32,
  type HostTensor,
  i32,
  mismatch,
  mismatchAt,
  waves,
} from "../../test/eager.ts";
import { trace } from "../trace/trace.ts";
import { elementCount } from "../graph/graph.ts";

const filled = tf.fill;
const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });

/** A shape, and what depends on it. */
const shapeAnd = <T extends unknown[]>(
  more: (shape: readonly number[]) => { [K in keyof T]: fc.Arbitrary<T[K]> },
) => shapes.chain((shape) => fc.tuple(fc.constant(shape), fc.tuple<T>(...more(shape))));

function counted(shape: readonly number[]): HostTensor {
  return i32(
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => i + 1),
  );
}

/** The same numbers as float32, int32 and bool, for kernels that move any. */
function asEach(fn: (x: tf.Tensor) => tf.Tensor | tf.Tensor[]) {
  return ({ x }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const results: Record<string, tf.Tensor> = {};
    for (const dtype of ["float32", "int32", "bool"] as const) {
      const y = fn(tf.cast(tf.sub(x as tf.Tensor, dtype === "bool" ? 1 : 0), dtype));
      [y].flat().forEach((t, i) => (results[`${dtype} ${i}`] = t));
    }
    return results;
  };
}

describe("kernels that move numbers", () => {
  it("transpose, reshape and expand any shape", async () => {
    await fc.assert(
      fc.asyncProperty(
        shapeAnd((shape) => [
          fc.shuffledSubarray(
            shape.map((_, i) => i),
            { minLength: shape.length },
          ),
          fc.integer({ min: -shape.length - 1, max: shape.length }),
        ]),
        async ([shape, [perm, axis]]) => {
          expect(
            await mismatch(
              asEach((x) => [
                tf.transpose(x, perm),
                tf.reshape(x, [-1, shape[0] ?? 1]),
                tf.expandDims(x, axis),
                tf.squeeze(x),
                tf.stack([x, x, x], axis),
                tf.reverse(x, perm.slice(1)),
              ]),
              { x: counted(shape) },
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 20 },
    );
  });

  it("transposes seven axes", async () => {
    const perm = [6, 2, 0, 5, 1, 4, 3];
    expect(
      await mismatch(({ x }) => ({ y: tf.transpose(x as tf.Tensor, perm) }), {
        x: counted([2, 3, 1, 2, 2, 3, 2]),
      }),
    ).toBeUndefined();
  });

  it("slice, split, unstack, pad and tile any shape", async () => {
    await fc.assert(
      fc.asyncProperty(
        shapeAnd((shape) => [
          fc.tuple(...shape.map((d) => fc.tuple(fc.nat({ max: d - 1 }), fc.nat({ max: d })))),
          fc.integer({ min: -shape.length, max: shape.length - 1 }),
          fc.tuple(...shape.map(() => fc.integer({ min: 1, max: 3 }))),
        ]),
        async ([shape, [cuts, axis, reps]]) => {
          const begin = cuts.map(([from]) => from);
          const size = cuts.map(([from, n], i) => Math.min(n, (shape[i] ?? 1) - from));
          const paddings = cuts.map(([before, after]): [number, number] => [before, after]);
          const along = shape.at(axis) ?? 1;
          expect(
            await mismatch(
              asEach((x) => [
                tf.slice(x, begin, size),
                tf.slice(x, begin),
                ...tf.unstack(x, axis),
                ...tf.split(x, [1, along - 1], axis),
                ...tf.split(x, along, axis),
                tf.tile(x, reps),
                tf.concat([x, x], axis),
                ...(shape.length <= 4 ? [tf.pad(x, paddings)] : []),
              ]),
              { x: counted(shape) },
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 20 },
    );
  });

  it("pad with what is there, mirrored", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .array(fc.integer({ min: 2, max: 4 }), { minLength: 1, maxLength: 4 })
          .chain((shape) =>
            fc.tuple(
              fc.constant(shape),
              fc.tuple(...shape.map((d) => fc.tuple(fc.nat(d - 1), fc.nat(d - 1)))),
            ),
          ),
        async ([shape, paddings]) => {
          expect(
            await mismatch(
              ({ x }) => ({
                reflect: tf.mirrorPad(x as tf.Tensor, paddings, "reflect"),
                symmetric: tf.mirrorPad(x as tf.Tensor, paddings, "symmetric"),
              }),
              { x: waves(shape) },
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 20 },
    );
    expect(
      await mismatchAt(
        ({ x }) => ({
          y: tf.mirrorPad(
            x as tf.Tensor,
            [
              [0, 1],
              [1, 2],
            ],
            "reflect",
          ),
        }),
        { x: { dtype: "float32", shape: [3, 3] } },
        [{}],
        (_, shape) => waves(shape),
      ),
    ).toBeUndefined();
  });

  it.skipIf(!exact)("slice by strides, either way, with every mask", async () => {
    const index = fc.integer({ min: -6, max: 6 });
    const mask = fc.nat(3);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(index, index),
        fc.tuple(index, index),
        fc.tuple(fc.constantFrom(1, 2, -1, -2, 3), fc.constantFrom(1, 2, -1, -3)),
        fc.tuple(mask, mask),
        fc.constantFrom(
          [0, 0, 0],
          [1, 0, 0],
          [2, 0, 0],
          [0, 1, 0],
          [0, 2, 0],
          [0, 0, 1],
          [0, 0, 2],
        ),
        async (begin, end, strides, [beginMask, endMask], [ellipsis, newAxis, shrink]) => {
          const fn = ({ x }: Record<string, tf.Tensor>) => ({
            y: tf.stridedSlice(
              x as tf.Tensor,
              begin,
              end,
              strides,
              beginMask,
              endMask,
              ellipsis,
              newAxis,
              shrink,
            ),
          });
          const x = waves([5, 4, 3]);
          try {
            eager(fn, { x });
          } catch {
            return;
          }
          const isRefused = shrink !== 0 && strides.some((stride) => stride !== 1);
          const found = await mismatch(fn, { x }).catch((e: Error) => e.message.split(",")[0]);
          expect(found).toBe(
            isRefused ? "StridedSlice: shrinkAxisMask takes strides of 1 alone" : undefined,
          );
        },
      ),
      { numRuns: 60 },
    );
    expect(
      await mismatchAt(
        ({ x }) => ({
          turned: tf.stridedSlice(x as tf.Tensor, [0, -1], [0, -4], [1, -1], 1, 1),
          evens: tf.stridedSlice(x as tf.Tensor, [0, 0], [0, 4], [1, 2], 0, 1),
        }),
        { x: { dtype: "float32", shape: ["B", 4] } },
        [{ B: 3 }, { B: 5 }],
        (_, shape) => waves(shape),
      ),
    ).toBeUndefined();
  });

  it("pad with a number, and broadcast", async () => {
    expect(
      await mismatch(
        ({ x, i, b }) => ({
          float: tf.pad(x as tf.Tensor, [[1, 2]], -0.5),
          whole: tf.pad(i as tf.Tensor, [[0, 2]], 7),
          flag: tf.pad(b as tf.Tensor, [[1, 0]], 1),
          wide: tf.broadcastTo(x as tf.Tensor, [2, 3]),
          scalar: tf.broadcastTo(tf.sum(x as tf.Tensor), [2, 1]),
        }),
        { x: f32([3], [1, 2, 3]), i: i32([2], [4, 5]), b: bool([2], [0, 1]) },
      ),
    ).toBeUndefined();
  });

  it.skipIf(!exact)("take tensors without numbers", async () => {
    expect(
      await mismatch(
        ({ x, none }) => ({
          joined: tf.concat([x as tf.Tensor, none as tf.Tensor], 0),
          cut: tf.slice(x as tf.Tensor, [1, 0], [0, 3]),
          shaped: tf.reshape(none as tf.Tensor, [3, 0]),
          turned: tf.transpose(none as tf.Tensor),
          none: tf.matMul(none as tf.Tensor, x as tf.Tensor, false, true),
          sums: tf.matMul(none as tf.Tensor, none as tf.Tensor, true, false),
          zeros: tf.zeros([0, 4]),
          range: tf.range(3, 3),
          doubled: tf.mul(none as tf.Tensor, 2),
        }),
        { x: waves([2, 3]), none: f32([0, 3], []) },
      ),
    ).toBeUndefined();
  });

  it("name themselves for what is past the shape", () => {
    const x = { x: { dtype: "float32", shape: [3] } } as const;
    expect(() => trace(({ x }) => ({ y: tf.slice(x, [2], [2]) }), x)).toThrow("begin[0] + size[0]");
    expect(() => trace(({ x }) => ({ y: tf.pad(x, [[-1, 0]]) }), x)).toThrow(
      "PadV2: paddings must not be negative, got [[-1,0]]",
    );
    expect(() => trace(({ x }) => ({ y: tf.concat([x, tf.ones([3], "int32")]) }), x)).toThrow(
      "Concat: expected tensors of one dtype, got float32 and int32",
    );
  });
});

describe("kernels that make numbers", () => {
  it("range counts as tfjs does, up, down, by fractions, or not at all", async () => {
    const ranges: [number, number, number, ("float32" | "int32")?][] = [
      [0, 5, 1],
      [5, 0, 1],
      [5, 0, -2],
      [0, 7, 3, "int32"],
      [3, 3, 1],
      [0, 5, -1],
      [5, 0, 2],
      [0, 1, 0.1],
      [0.5, 4, 1],
      [2, -2, 1, "int32"],
      [0, 3, 0.5, "int32"],
      [-3, 3, 2],
    ];
    expect(
      await mismatch(
        () =>
          Object.fromEntries(
            ranges.map(([start, stop, step, dtype]) => [
              `${start} ${stop} ${step} ${dtype}`,
              tf.range(start, stop, step, dtype),
            ]),
          ),
        {},
        { rtol: 0, atol: 0 },
      ),
    ).toBeUndefined();
  });

  it("fill, zeros, ones and the like, scalars too", async () => {
    expect(
      await mismatch(
        ({ x, s }) => ({
          fill: filled([2, 3], 1.5),
          whole: filled([2], 3, "int32"),
          scalar: filled([], -0),
          zeros: tf.zeros([2, 2], "int32"),
          ones: tf.ones([3], "bool"),
          zerosLike: tf.zerosLike(x as tf.Tensor),
          onesLike: tf.onesLike(s as tf.Tensor),
          linspace: tf.linspace(0, 1, 5),
          single: tf.linspace(2, 3, 1),
          eye: tf.eye(3),
          constant: tf.tensor2d([1, 2, 3, 4], [2, 2]),
          negativeZero: tf.div(1, tf.mul(tf.scalar(-0), tf.onesLike(s as tf.Tensor))),
        }),
        { x: waves([2, 3]), s: f32([], [1]) },
        { rtol: 0, atol: 0 },
      ),
    ).toBeUndefined();
  });
});

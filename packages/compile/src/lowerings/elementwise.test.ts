import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bool, difference, eager, exact, f32, i32, mismatch, open } from "../../test/eager.ts";
import { trace } from "../trace/trace.ts";
import { elementCount } from "../graph/graph.ts";

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const special = [NaN, -Infinity, Infinity, 0, -0, 0.5, -0.5, 1.5, 2.5, -1.5, -2.5, 1, -1, 6, 7];

const everywhere: Record<string, Unary> = {
  abs: tf.abs,
  atan: tf.atan,
  asinh: tf.asinh,
  ceil: tf.ceil,
  "clip to [-0.7, 0.9]": (x) => tf.clipByValue(x, -0.7, 0.9),
  "clip to [-inf, 1]": (x) => tf.clipByValue(x, -Infinity, 1),
  "cast to bool": (x) => tf.cast(x, "bool"),
  clone: tf.clone,
  elu: tf.elu,
  erf: tf.erf,
  exp: tf.exp,
  expm1: tf.expm1,
  floor: tf.floor,
  isFinite: tf.isFinite,
  isInf: tf.isInf,
  isNaN: tf.isNaN,
  leakyRelu: (x) => tf.leakyRelu(x, 0.3),
  log: tf.log,
  log1p: tf.log1p,
  logSigmoid: tf.logSigmoid,
  neg: tf.neg,
  prelu: (x) => tf.prelu(x, tf.scalar(0.2)),
  reciprocal: tf.reciprocal,
  relu: tf.relu,
  relu6: tf.relu6,
  round: tf.round,
  rsqrt: tf.rsqrt,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  sign: tf.sign,
  softplus: tf.softplus,
  sqrt: tf.sqrt,
  square: tf.square,
  step: (x) => tf.step(x),
  "step, alpha -1": (x) => tf.step(x, -1),
  tanh: tf.tanh,
};

/** Where the numbers are in the function's domain, and C and JavaScript agree. */
const within: Record<string, [Unary, (x: number) => number]> = {
  acos: [tf.acos, Math.tanh],
  acosh: [tf.acosh, (x) => 1 + Math.abs(x)],
  asin: [tf.asin, Math.tanh],
  atanh: [tf.atanh, (x) => 0.99 * Math.tanh(x)],
  cos: [tf.cos, (x) => x],
  cosh: [tf.cosh, (x) => x],
  sin: [tf.sin, (x) => x],
  sinh: [tf.sinh, (x) => x],
  tan: [tf.tan, (x) => Math.tanh(x)],
};

const onNumbers: Record<string, Binary> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  floorDiv: tf.floorDiv,
  mod: tf.mod,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  equal: tf.equal,
  notEqual: tf.notEqual,
  div: tf.div,
};

/** Every unary or binary function as one graph, one output each. */
function allUnary(table: Record<string, Unary>) {
  return ({ x }: Record<string, tf.Tensor>) =>
    Object.fromEntries(Object.entries(table).map(([name, fn]) => [name, fn(x as tf.Tensor)]));
}

function allBinary(table: Record<string, Binary>) {
  return ({ a, b }: Record<string, tf.Tensor>) =>
    Object.fromEntries(
      Object.entries(table).map(([name, fn]) => [name, fn(a as tf.Tensor, b as tf.Tensor)]),
    );
}

/** Two shapes of rank 0 to 4 that broadcast. */
const broadcastShapes = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom("both", "a", "b")), {
    maxLength: 4,
  })
  .chain((axes) =>
    fc.tuple(
      fc.constant(axes.map(([d, who]) => (who === "b" ? 1 : d))),
      fc.constant(axes.map(([d, who]) => (who === "a" ? 1 : d))),
      fc.nat({ max: axes.length }),
    ),
  )
  // The second may lack leading axes.
  .map(([a, b, cut]): [number[], number[]] => [a, b.slice(cut)]);

describe("unary kernels", () => {
  // tfjs approximates erf to 1.5e-7; ONNX Runtime's exp, tanh and sigmoid are polynomials.
  const tolerance = { rtol: 3e-6, atol: 5e-7 };

  it.skipIf(!exact)("agree with tfjs on NaN, infinities, signed zeros and halves", async () => {
    expect(
      await mismatch(allUnary(everywhere), { x: f32([special.length], special) }, tolerance),
    ).toBeUndefined();
  });

  it.skipIf(!exact)("agree with tfjs on any float32, at any size, in one graph", async () => {
    const fn = allUnary({
      ...everywhere,
      ...Object.fromEntries(
        Object.entries(within).map(([name, [f]]) => [name, (x: tf.Tensor) => f(x)]),
      ),
    });
    const session = await open(trace(fn, { x: { dtype: "float32", shape: ["N"] } }));
    const one = fc.float({ min: -20, max: 20, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 40 }), async (values) => {
        const inputs = { x: f32([values.length], values) };
        const [got, want] = [await session.run(inputs), eager(fn, inputs)];
        for (const name of Object.keys(within)) {
          delete got[name];
          delete want[name];
        }
        expect(difference(got, want, tolerance)).toBeUndefined();
      }),
      { numRuns: 40 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.entries(within)),
        fc.array(one, { minLength: 1, maxLength: 40 }),
        async ([name, [, into]], values) => {
          const inputs = {
            x: f32(
              [values.length],
              values.map((v) => into(v)),
            ),
          };
          const [got, want] = [await session.run(inputs), eager(fn, inputs)];
          expect(
            difference(
              { [name]: got[name] as never },
              { [name]: want[name] as never },
              { rtol: 1e-5, atol: 1e-6 },
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
    await session.close();
  });

  it.skipIf(!exact)("keep the digits of expm1 and log1p near 0", async () => {
    const x = f32([6], [1e-7, -1e-7, 3e-5, -3e-5, 1e-3, -0.49]);
    const fn = allUnary({ expm1: tf.expm1, log1p: tf.log1p });
    expect(await mismatch(fn, { x }, { rtol: 1e-6, atol: 0 })).toBeUndefined();
  });

  it("take int32 where tfjs does", async () => {
    expect(
      await mismatch(
        allUnary({
          abs: tf.abs,
          neg: tf.neg,
          sign: tf.sign,
          square: tf.square,
          relu: tf.relu,
          relu6: tf.relu6,
          leakyRelu: (x) => tf.leakyRelu(x, 0.5),
          step: (x) => tf.step(x, -3),
          clip: (x) => tf.clipByValue(x, -2.5, 2.5),
          exp: tf.exp,
          erf: tf.erf,
          round: tf.round,
          "cast to float32": (x) => tf.cast(x, "float32"),
          "cast to bool": (x) => tf.cast(x, "bool"),
        }),
        { x: i32([7], [-9, -3, -1, 0, 1, 3, 9]) },
        { rtol: 2e-6 },
      ),
    ).toBeUndefined();
  });

  it("cast float32 towards zero, and bool to 0 and 1", async () => {
    expect(
      await mismatch(
        ({ x, y }) => ({
          whole: tf.cast(x as tf.Tensor, "int32"),
          float: tf.cast(y as tf.Tensor, "float32"),
          int: tf.cast(y as tf.Tensor, "int32"),
          not: tf.logicalNot(y as tf.Tensor),
        }),
        { x: f32([6], [-1.9, -0.5, 0, 0.5, 1.9, 16777216]), y: bool([2], [1, 0]) },
      ),
    ).toBeUndefined();
  });

  it("name themselves where ONNX would compute something else", () => {
    const flags = { x: { dtype: "bool", shape: [2] } } as const;
    expect(() => trace(({ x }) => ({ y: tf.neg(x) }), flags)).toThrow(
      "Neg: expected float32 or int32, got bool; cast it with tf.cast first",
    );
    expect(() =>
      trace(({ x }) => ({ y: tf.log1p(x) }), { x: { dtype: "int32", shape: [2] } }),
    ).toThrow("Log1p: expected float32, got int32");
    expect(() => trace(({ x }) => ({ y: tf.add(x, x) }), flags)).toThrow("Add: expected float32");
  });
});

describe("binary kernels", () => {
  it.skipIf(!exact)("agree with tfjs on NaN, infinities and signed zeros", async () => {
    const pairs = special.flatMap((a) => special.map((b): [number, number] => [a, b]));
    // The quotient of an infinity is no int32: tfjs stores 0, ONNX leaves it open.
    const { floorDiv: _, mod: __, ...rest } = onNumbers;
    const inputs = {
      a: f32(
        [pairs.length],
        pairs.map(([a]) => a),
      ),
      b: f32(
        [pairs.length],
        pairs.map(([, b]) => b),
      ),
    };
    expect(await mismatch(allBinary(rest), inputs, { rtol: 0, atol: 0 })).toBeUndefined();
  });

  it("floorDiv and mod round as tfjs does, by negative numbers and by 0", async () => {
    const numbers = [-7.5, -7, -3, -2.5, -1, 0, 1, 2.5, 3, 7, 7.5];
    const pairs = numbers.flatMap((a) => numbers.map((b): [number, number] => [a, b]));
    const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
    const table = { floorDiv: tf.floorDiv, mod: tf.mod };
    const size = [pairs.length];
    expect(
      await mismatch(allBinary(table), { a: f32(size, a), b: f32(size, b) }, { rtol: 0, atol: 0 }),
    ).toBeUndefined();
    expect(
      await mismatch(
        allBinary({ ...table, div: tf.div }),
        { a: i32(size, a.map(Math.trunc)), b: i32(size, b.map(Math.trunc)) },
        { rtol: 0, atol: 0 },
      ),
    ).toBeUndefined();
  });

  it("floorDiv of large int32 loses no digit", async () => {
    const big = [2147483647, -2147483648, 2147483646, 16777217];
    expect(
      await mismatch(
        allBinary({ floorDiv: tf.floorDiv }),
        { a: i32([4], big), b: i32([4], [2, 3, -2, 16777217]) },
        { rtol: 0, atol: 0 },
      ),
    ).toBeUndefined();
  });

  it.skipIf(!exact)("broadcast any two shapes as tfjs does", async () => {
    await fc.assert(
      fc.asyncProperty(broadcastShapes, fc.nat(), async ([a, b], seed) => {
        const value = (i: number) => ((i * 7919 + seed) % 23) / 4 - 2.5;
        const float = {
          a: f32(
            a,
            Array.from({ length: elementCount(a) }, (_, i) => value(i)),
          ),
          b: f32(
            b,
            Array.from({ length: elementCount(b) }, (_, i) => value(i + 5)),
          ),
        };
        const whole = {
          a: i32(a, [...float.a.data].map(Math.round)),
          b: i32(b, [...float.b.data].map(Math.round)),
        };
        const flags = {
          a: bool(
            a,
            [...float.a.data].map((x) => Number(x > 0)),
          ),
          b: bool(
            b,
            [...float.b.data].map((x) => Number(x > 0)),
          ),
        };
        expect(
          await mismatch(
            (t) => {
              const of = (p: string) => ({
                a: t[`${p}/a`] as tf.Tensor,
                b: t[`${p}/b`] as tf.Tensor,
              });
              const named = (p: string, results: Record<string, tf.Tensor>) =>
                Object.entries(results).map(([name, y]) => [`${p}/${name}`, y]);
              const positive = tf.add(tf.abs(of("float").a), 0.1);
              return Object.fromEntries([
                ...named("float", allBinary(onNumbers)(of("float"))),
                ...named("float", { pow: tf.pow(positive, of("float").b) }),
                ...named("whole", allBinary({ ...onNumbers, pow: tf.pow })(of("whole"))),
                ...named(
                  "flags",
                  allBinary({
                    and: tf.logicalAnd,
                    or: tf.logicalOr,
                    xor: tf.logicalXor,
                    equal: tf.equal,
                    notEqual: tf.notEqual,
                    greater: tf.greater,
                    lessEqual: tf.lessEqual,
                    maximum: tf.maximum,
                  })(of("flags")),
                ),
              ]);
            },
            Object.fromEntries(
              Object.entries({ float, whole, flags }).flatMap(([p, { a: x, b: y }]) => [
                [`${p}/a`, x],
                [`${p}/b`, y],
              ]),
            ),
          ),
        ).toBeUndefined();
      }),
      { numRuns: 25 },
    );
  });

  it("mix dtypes as tfjs does", async () => {
    expect(
      await mismatch(
        ({ f, i, b }) => ({
          sum: tf.add(f as tf.Tensor, i as tf.Tensor),
          product: tf.mul(i as tf.Tensor, b as tf.Tensor),
          power: tf.pow(f as tf.Tensor, 2),
          quotient: tf.div(i as tf.Tensor, 2),
          same: tf.equal(f as tf.Tensor, i as tf.Tensor),
        }),
        { f: f32([3], [1, 2.5, -3]), i: i32([3], [1, 3, -3]), b: bool([3], [1, 0, 1]) },
      ),
    ).toBeUndefined();
  });

  it("addN adds any number of tensors", async () => {
    expect(
      await mismatch(
        ({ a, b }) => ({
          one: tf.addN([a as tf.Tensor]),
          three: tf.addN([a as tf.Tensor, b as tf.Tensor, a as tf.Tensor]),
        }),
        { a: f32([2], [1, 2]), b: f32([2], [10, 20]) },
      ),
    ).toBeUndefined();
  });
});

describe("where", () => {
  it("broadcasts and mixes dtypes as tfjs does, bools included", async () => {
    expect(
      await mismatch(
        ({ c, x, i, b }) => ({
          float: tf.where(c as tf.Tensor, x as tf.Tensor, 0),
          mixed: tf.where(c as tf.Tensor, x as tf.Tensor, i as tf.Tensor),
          bools: tf.where(c as tf.Tensor, b as tf.Tensor, tf.logicalNot(b as tf.Tensor)),
          columns: tf.where(tf.expandDims(b as tf.Tensor, 1), tf.zeros([3, 2]), tf.ones([3, 2])),
          scalar: tf.where(tf.greater(tf.sum(x as tf.Tensor), 0), x as tf.Tensor, i as tf.Tensor),
        }),
        {
          c: bool([2, 3], [1, 0, 0, 1, 1, 0]),
          x: f32([2, 3], [1.5, 2.5, 3.5, 4.5, NaN, 6.5]),
          i: i32([2, 3], [10, 20, 30, 40, 50, 60]),
          b: bool([3], [1, 0, 1]),
        },
      ),
    ).toBeUndefined();
  });

  it("refuses what tfjs's kernel alone would take apart by rows", () => {
    expect(() =>
      trace(
        ({ c, x }) => ({
          y: tf.engine().runKernel("Select", { condition: c, t: x, e: x }) as tf.Tensor,
        }),
        {
          c: { dtype: "bool", shape: [3] },
          x: { dtype: "float32", shape: [3, 3] },
        },
      ),
    ).toThrow("Select: expected three of one shape, got [3], [3,3] and [3,3]; use tf.where");
  });
});

// Times single operations on one device: a node's launch, a pass through memory, matrix products, a loop's
// iteration, AdamW on many tensors and on one, copies in and out. Prints a line of JSON for each.
//
//   node micro.ts DEVICE [--small]
import { parseArgs } from "node:util";
import type { TensorSpec, TensorSpecs } from "@sweetspot/compile";
import { compile, compileLoop, type LoopDefinition } from "@sweetspot/compile/session";
import * as tf from "@tensorflow/tfjs";
import { deviceName } from "./device-name.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { small: { type: "boolean", default: false } },
});
type NamedTensors = Record<string, tf.Tensor>;
const device = deviceName(positionals[0]);
const scale = flags.small ? 16 : 1;

/** A measurement; `notMeasured` says why there is no number. */
type Measured = Record<string, number> | { notMeasured: string };

const chains = [
  [16, 64],
  [1024, 384],
  [1024, 1536],
  [4096, 3072],
] as const;
for (const [rows, columns] of flags.small ? chains.slice(0, 2) : chains) {
  await report(`a node over ${rows} x ${columns}`, async () => {
    const ms = await perUnit(20, Math.ceil(620 / scale), (n, rounds) =>
      chainMs(n, rows, columns, rounds),
    );
    if (typeof ms !== "number") return ms;
    return { us: 1000 * ms, gbPerS: (3 * 4 * rows * columns) / ms / 1e6 };
  });
}
// Copying the matrices in varies by milliseconds, so the products have to take many more.
const products = [
  [1024, 384, 384, 400],
  [1024, 384, 1536, 400],
  [2048, 768, 3072, 200],
  [4096, 4096, 4096, 60],
] as const;
for (const [m, k, n, most] of flags.small ? products.slice(0, 1) : products) {
  await report(`a product ${m} x ${k} x ${n} and back`, async () => {
    const ms = await perUnit(1, Math.max(2, Math.ceil(most / scale)), (count, rounds) =>
      productsMs(count, [m, k, n], rounds),
    );
    return typeof ms === "number" ? { ms, tflops: (4 * m * k * n) / ms / 1e9 } : ms;
  });
}
await report("a loop that does next to nothing", () =>
  loopCosts({ s: float(16) }, ({ s }, { x }) => {
    const [sum, input] = [given(s), given(x)];
    return { state: { s: tf.add(sum, input) }, outputs: { y: tf.sum(sum) } };
  }),
);
for (const [count, size] of [
  [44, 262144 / scale],
  [1, 44 * 262144],
  [1, Math.ceil(87e6 / scale)],
] as const) {
  await report(`AdamW on ${count} of ${size}`, () => {
    const names = Array.from({ length: count }, (_, i) => String(i));
    const parts = names.flatMap((i) => ["p", "m", "v"].map((part) => [part + i, float(size)]));
    const step: LoopDefinition["step"] = (state, { x }) => {
      const next: Record<string, tf.Tensor> = {};
      for (const i of names) {
        const [p, m, v] = [given(state[`p${i}`]), given(state[`m${i}`]), given(state[`v${i}`])];
        const g = tf.mul(p, given(x));
        const m2 = tf.add(tf.mul(m, 0.9), tf.mul(g, 0.1));
        const v2 = tf.add(tf.mul(v, 0.999), tf.mul(tf.square(g), 0.001));
        const change = tf.div(tf.mul(m2, 1e-4), tf.add(tf.sqrt(v2), 1e-8));
        next[`p${i}`] = tf.sub(tf.mul(p, 0.9999), change);
        next[`m${i}`] = m2;
        next[`v${i}`] = v2;
      }
      return { state: next, outputs: { y: tf.mul(given(x), 1) } };
    };
    return loopCosts(Object.fromEntries(parts) as TensorSpecs, step, Math.ceil(16 / scale) + 1);
  });
}
for (const mb of [10, 140]) {
  await report(`${mb} MB in, and in and out`, async () => {
    const n = Math.ceil((mb * 1e6) / 4 / scale);
    const x = numbers(n);
    const inAlone = await compile(({ x }) => ({ y: tf.sum(x) }), { x: float(n) }, { device });
    const both = await compile(({ x }) => ({ y: tf.mul(x, 2) }), { x: float(n) }, { device });
    const inMs = await best(() => inAlone.run({ x }), 5);
    const bothMs = await best(() => both.run({ x }), 5);
    await inAlone.dispose();
    await both.dispose();
    return { inMs, bothMs };
  });
}

async function report(micro: string, measure: () => Promise<Measured>): Promise<void> {
  const about = { micro, device, tf32: process.env["NVIDIA_TF32_OVERRIDE"] ?? "default" };
  const line = await measure().catch((error: unknown) => ({ error: String(error).slice(0, 300) }));
  const short = (_: string, x: unknown) => (typeof x === "number" ? Number(x.toPrecision(4)) : x);
  console.log(JSON.stringify({ ...about, ...line }, short));
}

/** The minimum over some rounds, after one that is not counted. */
async function best(work: () => Promise<unknown>, rounds: number): Promise<number> {
  await work();
  let least = Infinity;
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/**
 * Milliseconds of one unit, from the difference between `many` and `few` of them; takes more rounds while
 * they differ by less than a tenth.
 */
async function perUnit(
  few: number,
  many: number,
  time: (units: number, rounds: number) => Promise<number>,
): Promise<number | { notMeasured: string }> {
  for (const rounds of [5, 15]) {
    const [fewMs, manyMs] = [await time(few, rounds), await time(many, rounds)];
    if (manyMs > 1.1 * fewMs) return (manyMs - fewMs) / (many - few);
  }
  return { notMeasured: `${many} took as long as ${few}` };
}

function chainMs(nodes: number, rows: number, columns: number, rounds: number) {
  const shape = float(rows, columns);
  const chain = ({ x, a, b }: NamedTensors) => {
    let y = given(x);
    for (let i = 0; i < nodes; i++) y = i % 2 === 0 ? tf.add(y, given(a)) : tf.mul(y, given(b));
    return { y: tf.sum(y) };
  };
  return runMs(chain, { x: shape, a: shape, b: shape }, rounds);
}

function productsMs(count: number, [m, k, n]: readonly [number, number, number], rounds: number) {
  const products = ({ x, w, v }: NamedTensors) => {
    let y = given(x);
    for (let i = 0; i < count; i++) y = tf.matMul(tf.matMul(y, given(w)), given(v));
    return { y: tf.sum(y) };
  };
  return runMs(products, { x: float(m, k), w: float(k, n), v: float(n, k) }, rounds);
}

/** Milliseconds of a run, compiled. */
async function runMs(
  fn: (tensors: NamedTensors) => NamedTensors,
  specs: TensorSpecs,
  rounds: number,
): Promise<number> {
  const session = await compile(fn, specs, { device });
  const inputs = numbersOf(specs);
  const ms = await best(() => session.run(inputs), rounds);
  await session.dispose();
  return ms;
}

/** Milliseconds of a loop's step and of a run beyond its steps; runs get longer while few steps hardly show. */
async function loopCosts(
  state: TensorSpecs,
  step: LoopDefinition["step"],
  few = Math.ceil(64 / scale),
): Promise<Measured> {
  const definition = { state, initialState: numbersOf(state), inputs: { x: float() }, step };
  const loop = await compileLoop(definition, { device });
  try {
    const time = (steps: number) =>
      best(() => loop.run(Array.from(numbers(steps), (x) => ({ x: Float32Array.of(x) }))), 3);
    const one = await time(1);
    for (const steps of [few, 8 * few]) {
      const ms = await time(steps);
      const stepMs = (ms - one) / (steps - 1);
      if (ms > 1.1 * one) return { stepMs, perRunMs: one - stepMs };
    }
    return { notMeasured: `${8 * few} steps took as long as one` };
  } finally {
    await loop.dispose();
  }
}

function float(...shape: number[]): TensorSpec {
  return { dtype: "float32", shape };
}

function numbers(n: number): Float32Array {
  return new Float32Array(n).fill(0.01);
}

/** Numbers for each tensor of a fixed shape. */
function numbersOf(specs: TensorSpecs): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]) => [
      name,
      numbers(shape.reduce((n: number, d) => n * Number(d), 1)),
    ]),
  );
}

function given(tensor: tf.Tensor | undefined): tf.Tensor {
  if (tensor === undefined) throw new RangeError("micro: a tensor is missing");
  return tensor;
}

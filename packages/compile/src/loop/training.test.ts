import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { waves } from "../../test/eager.ts";
import { inSteps } from "../../test/in-steps.ts";
import { compileLoop, type HostArrays, type LoopDefinition } from "../session.ts";
import type { NamedTensors } from "../trace/trace.ts";
import { elementCount } from "../graph/graph.ts";

/** The same loop in tfjs, one step after another, on its `cpu` backend. */
function eagerLoop(
  definition: LoopDefinition,
  steps: readonly HostArrays[],
  sizes: Readonly<Record<string, number>>,
) {
  const shapeOf = (shape: readonly (number | string)[]) =>
    shape.map((d) => (typeof d === "string" ? (sizes[d] ?? 0) : d));
  const losses: number[] = [];
  let state = Object.fromEntries(
    Object.entries(definition.state).map(([name, { dtype, shape }]) => [
      name,
      tf.tensor(definition.initialState[name] ?? [], shapeOf(shape), dtype),
    ]),
  );
  for (const arrays of steps) {
    const result = tf.tidy(() => {
      const given = Object.fromEntries(
        Object.entries(definition.inputs).map(([name, { dtype, shape }]) => {
          return [name, tf.tensor(arrays[name] ?? [], shapeOf(shape), dtype)];
        }),
      );
      const { state: next, outputs } = definition.step(state, given);
      return { ...next, loss: outputs["loss"] as tf.Tensor };
    }) as NamedTensors;
    const { loss, ...next } = result;
    losses.push(loss?.dataSync()[0] ?? NaN);
    tf.dispose([state, loss]);
    state = next;
  }
  const final = Object.fromEntries(Object.entries(state).map(([n, t]) => [n, t.dataSync()]));
  tf.dispose(state);
  return { losses, final };
}

/** AdamW as a step on the parameters of a loss, its running means and step count in the state. */
function adamWLoop(
  parameters: Readonly<Record<string, readonly number[]>>,
  inputs: LoopDefinition["inputs"],
  loss: (parameters: NamedTensors, inputs: NamedTensors) => tf.Scalar,
): LoopDefinition {
  const names = Object.keys(parameters);
  const state = Object.fromEntries(
    ["p", "m", "v"].flatMap((part) =>
      names.map((n) => [`${part}.${n}`, { dtype: "float32", shape: parameters[n] ?? [] } as const]),
    ),
  );
  const zero = (shape: readonly number[]) => new Float32Array(elementCount(shape));
  return {
    state: { ...state, t: { dtype: "int32", shape: [] } },
    initialState: {
      ...Object.fromEntries(
        Object.entries(state).map(([name, { shape }], i) => [
          name,
          name.startsWith("p.") ? waves(shape, i + 1).data.map((x) => x * 0.5) : zero(shape),
        ]),
      ),
      t: Int32Array.of(0),
    },
    inputs,
    step(before, given) {
      const of = (part: string, n: string) => before[`${part}.${n}`] as tf.Tensor;
      const { value, grads } = tf.valueAndGrads((...ps: tf.Tensor[]) =>
        loss(Object.fromEntries(ps.map((p, i) => [names[i], p])), given),
      )(names.map((n) => of("p", n)));
      const t = tf.add(before["t"] as tf.Tensor, tf.scalar(1, "int32"));
      const correction = (beta: number) => tf.sub(1, tf.pow(beta, tf.cast(t, "float32")));
      const norm = tf.sqrt(tf.addN(grads.map((g) => tf.sum(tf.square(g)))));
      const clip = tf.minimum(1, tf.div(1, tf.add(norm, 1e-6)));
      const next: NamedTensors = { t };
      names.forEach((n, i) => {
        const g = tf.mul(grads[i] as tf.Tensor, clip);
        const m = tf.add(tf.mul(of("m", n), 0.9), tf.mul(g, 0.1));
        const v = tf.add(tf.mul(of("v", n), 0.999), tf.mul(tf.square(g), 0.001));
        const update = tf.div(
          tf.div(m, correction(0.9)),
          tf.add(tf.sqrt(tf.div(v, correction(0.999))), 1e-6),
        );
        next[`p.${n}`] = tf.sub(tf.mul(of("p", n), 1 - 0.01 * 0.1), tf.mul(update, 0.01));
        next[`m.${n}`] = m;
        next[`v.${n}`] = v;
      });
      return { state: next, outputs: { loss: value } };
    },
  };
}

/** Compiled and eager, side by side. @returns the losses, and the largest difference of the two */
async function sideBySide(
  definition: LoopDefinition,
  make: (sizes: Readonly<Record<string, number>>) => HostArrays,
  { steps, ...sizes }: Readonly<Record<string, number>> & { steps: number },
) {
  const before = tf.memory().numTensors;
  const loop = await compileLoop(definition);
  expect(tf.memory().numTensors).toBe(before);
  const inputs = inSteps(make({ steps, ...sizes }), steps);
  const outputs = await loop.run(inputs, sizes);
  const { losses, final } = eagerLoop(definition, inputs, sizes);
  const state = await loop.state();
  await loop.dispose();
  const relative = Math.max(
    ...losses.map((l, i) => Math.abs((outputs[i]?.["loss"]?.[0] ?? NaN) - l) / Math.abs(l)),
  );
  const parameters = Object.keys(final).filter((n) => n.startsWith("p."));
  const apart = Math.max(
    ...parameters.flatMap((n) =>
      Array.from(final[n] ?? [], (x, i) => Math.abs((state[n]?.[i] ?? NaN) - x)),
    ),
  );
  return { losses: outputs.map(({ loss }) => loss?.[0] ?? NaN), relative, apart };
}

const mlp = adamWLoop(
  { w1: [3, 7], b1: [7], w2: [7, 2], b2: [2] },
  {
    x: { dtype: "float32", shape: ["B", 3] },
    labels: { dtype: "int32", shape: ["B"] },
    keep: { dtype: "bool", shape: ["B", 7] },
  },
  ({ w1, b1, w2, b2 }, { x, labels, keep }) => {
    const hidden = tf.relu(tf.add(tf.matMul(x as tf.Tensor2D, w1 as tf.Tensor2D), b1 as tf.Tensor));
    const dropped = tf.mul(hidden, tf.mul(tf.cast(keep as tf.Tensor, "float32"), 1 / 0.75));
    const logits = tf.add(tf.matMul(dropped as tf.Tensor2D, w2 as tf.Tensor2D), b2 as tf.Tensor);
    const chosen = tf.mul(tf.logSoftmax(logits), tf.oneHot(labels as tf.Tensor1D, 2));
    return tf.neg(tf.mean(tf.sum(chosen, 1)));
  },
);

function mlpInputs({ steps = 1, B = 1 }: Readonly<Record<string, number>>) {
  const x = waves([steps, B, 3], 4).data as Float32Array;
  return {
    x,
    labels: Int32Array.from({ length: steps * B }, (_, i) => Number((x[i * 3] ?? 0) > 0)),
    keep: Uint8Array.from({ length: steps * B * 7 }, (_, i) => Number(i % 4 !== 1)),
  };
}

const [vocabulary, width, heads] = [13, 6, 2];

const attention = adamWLoop(
  {
    words: [vocabulary, width],
    places: [32, width],
    query: [width, width],
    key: [width, width],
    value: [width, width],
    mix: [width, width],
    scale: [width],
    shift: [width],
    up: [width, 11],
    down: [11, width],
    out: [3, width],
  },
  {
    ids: { dtype: "int32", shape: ["B", "T"] },
    mask: { dtype: "float32", shape: ["B", "T"] },
    labels: { dtype: "int32", shape: ["B"] },
  },
  (p, { ids, mask, labels }) => {
    const of = (name: string) => p[name] as tf.Tensor2D;
    const [m, [b = 0, t = 0]] = [mask as tf.Tensor, (ids as tf.Tensor).shape];
    const norm = (x: tf.Tensor) => {
      const centred = tf.sub(x, tf.mean(x, -1, true));
      const variance = tf.mean(tf.square(centred), -1, true);
      return tf.add(
        tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5))), of("scale")),
        of("shift"),
      ) as tf.Tensor2D;
    };
    const gelu = (x: tf.Tensor) =>
      tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)) as tf.Tensor2D;
    const words = tf.gather(of("words"), (ids as tf.Tensor).flatten()).reshape([b, t, width]);
    const places = tf.gather(of("places"), tf.range(0, t, 1, "int32"));
    const x = norm(tf.add(words, places).reshape([b * t, width]));
    const split = (name: string) =>
      tf.transpose(
        tf.matMul(x, of(name), false, true).reshape([b, t, heads, width / heads]),
        [0, 2, 1, 3],
      );
    const scores = tf.mul(tf.matMul(split("query"), split("key"), false, true), 1 / Math.sqrt(3));
    const bias = tf.mul(tf.sub(m, 1), 1e9).reshape([b, 1, 1, t]);
    const context = tf.matMul(tf.softmax(tf.add(scores, bias)), split("value"));
    const rows = tf.transpose(context, [0, 2, 1, 3]).reshape([b * t, width]) as tf.Tensor2D;
    const attended = norm(tf.add(x, tf.matMul(rows, of("mix"))));
    const fed = tf.matMul(gelu(tf.matMul(attended, of("up"))), of("down"));
    const hidden = norm(tf.add(attended, fed)).reshape([b, t, width]);
    const first = tf.tanh(tf.slice(hidden, [0, 0, 0], [b, 1, width]).reshape([b, width]));
    const mean = tf.div(tf.sum(tf.mul(hidden, m.reshape([b, t, 1])), 1), tf.sum(m, 1, true));
    const logits = tf.matMul(tf.add(first, mean) as tf.Tensor2D, of("out"), false, true);
    const chosen = tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels as tf.Tensor1D, 3)), 1);
    return tf.neg(tf.div(tf.sum(chosen), b)) as tf.Scalar;
  },
);

function attentionInputs({ steps = 1, B = 1, T = 1 }: Readonly<Record<string, number>>) {
  const ids = Int32Array.from({ length: steps * B * T }, (_, i) => (i * 5 + (i % 3)) % vocabulary);
  return {
    ids,
    mask: Float32Array.from(ids, (id, i) => Number(i % T === 0 || id > 2)),
    labels: Int32Array.from({ length: steps * B }, (_, i) => (ids[i * T] ?? 0) % 3),
  };
}

describe("ten training steps, compiled and eager", () => {
  // The two sum in another order, and erf and tanh are approximations of their own in each.
  it.each([1, 2, 13])("of a perceptron have the same loss curve, batches of %i", async (B) => {
    const { losses, relative, apart } = await sideBySide(mlp, mlpInputs, { steps: 10, B });
    expect(losses).toHaveLength(10);
    expect(relative).toBeLessThan(1e-4);
    expect(apart).toBeLessThan(1e-4);
    expect(losses[9]).toBeLessThan(losses[0] ?? 0);
  });

  it.each([
    { B: 1, T: 1 },
    { B: 2, T: 3 },
    { B: 5, T: 11 },
  ])("of self-attention have the same loss curve, batch $B, length $T", async (sizes) => {
    const { losses, relative, apart } = await sideBySide(attention, attentionInputs, {
      steps: 10,
      ...sizes,
    });
    expect(losses).toHaveLength(10);
    expect(relative).toBeLessThan(1e-4);
    expect(apart).toBeLessThan(1e-3);
    expect(losses[9]).toBeLessThan(losses[0] ?? 0);
  });

  it("have it at any sizes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ B: fc.integer({ min: 1, max: 4 }), T: fc.integer({ min: 1, max: 8 }) }),
        async (sizes) => {
          const { relative } = await sideBySide(attention, attentionInputs, { steps: 3, ...sizes });
          expect(relative).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 4 },
    );
  });
});

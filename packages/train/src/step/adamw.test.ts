import { readFileSync } from "node:fs";
import { compileLoop } from "@sweetspot/compile/session";
import type { ParameterRole } from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { adamW, adamWScalars, type AdamScalars, clipScale, decays, globalNorm } from "./adamw.ts";

type Numbers = Record<string, number[]>;

/** What `reference/adamw.py` left. */
interface Reference {
  rates: number[];
  weightDecay: number;
  shapes: Record<ParameterRole, number[]>;
  start: Numbers;
  gradients: Numbers[];
  clipped: { maxNorm: number; norms: number[]; steps: Numbers[] };
  unclipped: { norms: number[]; steps: Numbers[] };
}

const reference = JSON.parse(
  readFileSync(new URL("../../reference/adamw.json", import.meta.url), "utf8"),
) as Reference;
const { rates, weightDecay, shapes } = reference;
const roles = Object.keys(shapes) as ParameterRole[];
const parts = ["param", "m", "v"] as const;

/** One step over the reference's four parameters, each named after its role. */
function step(
  state: Record<string, tf.Tensor>,
  inputs: Record<string, tf.Tensor>,
  maxNorm: number | undefined,
) {
  const gradients = roles.map((role) => inputs[`gradient/${role}`] as tf.Tensor);
  const norm = globalNorm(gradients);
  const scale = maxNorm === undefined ? undefined : clipScale(norm, maxNorm);
  const next: Record<string, tf.Tensor> = {};
  roles.forEach((role, i) => {
    const [param, m, v] = parts.map((p) => state[`${p}/${role}`]) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    // The loop's inputs are the scalars by name.
    const scalars = inputs as unknown as AdamScalars;
    const after = adamW({ param, m, v }, gradients[i] as tf.Tensor, scalars, decays(role), scale);
    for (const part of parts) next[`${part}/${role}`] = after[part];
  });
  return { state: next, outputs: { norm } };
}

/** What step `t`, from 0, reads. */
function inputsAt(t: number): Record<string, { shape: number[]; data: Float32Array }> {
  const scalars = Object.entries(
    adamWScalars({ rate: rates[t] ?? 0, stepInStage: t }, weightDecay),
  ).map(([name, x]) => [name, { shape: [], data: Float32Array.of(x) }] as const);
  const gradients = roles.map(
    (role) =>
      [
        `gradient/${role}`,
        { shape: shapes[role], data: Float32Array.from(reference.gradients[t]?.[role] ?? []) },
      ] as const,
  );
  return Object.fromEntries([...scalars, ...gradients]);
}

const start = Object.fromEntries(
  roles.flatMap((role) =>
    parts.map((part) => {
      const param = Float32Array.from(reference.start[role] ?? []);
      return [
        `${part}/${role}`,
        { shape: shapes[role], data: part === "param" ? param : new Float32Array(param.length) },
      ] as const;
    }),
  ),
);

const tensors = (named: Record<string, { shape: number[]; data: Float32Array }>) =>
  Object.fromEntries(
    Object.entries(named).map(([n, { shape, data }]) => [n, tf.tensor(data, shape)]),
  );

/** The parameters after each step, and each step's norm. */
const executions = {
  eager: async (maxNorm: number | undefined) =>
    tf.tidy(() => {
      let state = tensors(start);
      const norms: number[] = [];
      const steps = rates.map((_, t) => {
        const { state: next, outputs } = step(state, tensors(inputsAt(t)), maxNorm);
        state = next;
        norms.push(outputs.norm.dataSync()[0] ?? NaN);
        return (role: string) => Array.from(next[`param/${role}`]?.dataSync() ?? []);
      });
      return { norms, steps: steps.map((at) => Object.fromEntries(roles.map((r) => [r, at(r)]))) };
    }),
  compiled: async (maxNorm: number | undefined) => {
    const float32 = (shape: number[]) => ({ dtype: "float32", shape }) as const;
    const loop = await compileLoop({
      state: Object.fromEntries(Object.entries(start).map(([n, { shape }]) => [n, float32(shape)])),
      initialState: Object.fromEntries(Object.entries(start).map(([n, { data }]) => [n, data])),
      inputs: Object.fromEntries(
        Object.entries(inputsAt(0)).map(([n, { shape }]) => [n, float32(shape)]),
      ),
      step: (state, inputs) => step(state, inputs, maxNorm),
    });
    try {
      const norms: number[] = [];
      const steps: Numbers[] = [];
      for (const t of rates.keys()) {
        const feeds = Object.entries(inputsAt(t)).map(([n, { data }]) => [n, data] as const);
        const [outputs] = await loop.run([Object.fromEntries(feeds)]);
        norms.push(outputs?.["norm"]?.[0] ?? NaN);
        const state = await loop.state();
        steps.push(
          Object.fromEntries(roles.map((r) => [r, Array.from(state[`param/${r}`] ?? [])])),
        );
      }
      return { norms, steps };
    } finally {
      await loop.dispose();
    }
  },
};

/** The largest distance, in units of `1e-6 + 1e-6 |want|`. */
function distance(got: readonly number[], want: readonly number[]): number {
  expect(got).toHaveLength(want.length);
  return Math.max(
    ...want.map((w, i) => Math.abs(w - (got[i] ?? NaN)) / (1e-6 + 1e-6 * Math.abs(w))),
  );
}

it.each(
  (["eager", "compiled"] as const).flatMap((how) =>
    (["clipped", "unclipped"] as const).map((which) => [how, which] as const),
  ),
)("%s and %s, every step's parameters and norm are torch's", async (how, which) => {
  const want = reference[which];
  const got = await executions[how]("maxNorm" in want ? want.maxNorm : undefined);
  expect(distance(got.norms, want.norms)).toBeLessThan(1);
  expect(got.steps).toHaveLength(7);
  for (const [t, params] of want.steps.entries()) {
    for (const role of roles)
      expect(distance(got.steps[t]?.[role] ?? [], params[role] ?? [])).toBeLessThan(1);
  }
});

it("the reference clips at least one step and leaves at least one as it is", () => {
  const { norms, maxNorm } = reference.clipped;
  expect(norms.some((n) => n > maxNorm)).toBe(true);
  expect(norms.some((n) => n < maxNorm)).toBe(true);
});

it("decay acts on weights and embeddings, not on biases and norms", () => {
  expect(roles.filter(decays)).toEqual(["weight", "embedding"]);
});

it("without a gradient only decay moves a parameter: by 1 - learningRate * weightDecay", () => {
  tf.tidy(() => {
    const zero = tf.zeros([3]);
    const scalars = tensors(
      Object.fromEntries(
        Object.entries(adamWScalars({ rate: 0.5, stepInStage: 0 }, 0.25)).map(([name, x]) => [
          name,
          { shape: [], data: Float32Array.of(x) },
        ]),
      ),
    ) as unknown as AdamScalars; // the names are those that adamWScalars gives
    const before = { param: tf.tensor([1, -8, 3]), m: zero, v: zero };
    const after = adamW(before, zero, scalars, true);
    expect(Array.from(after.param.dataSync())).toEqual([0.875, -7, 2.625]);
    expect(Array.from(adamW(before, zero, scalars, false).param.dataSync())).toEqual([1, -8, 3]);
    expect([...after.m.dataSync(), ...after.v.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

it("clipping brings the global norm of any gradients to the maximum, and never raises it", () => {
  const float = fc.float({ min: -100, max: 100, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(fc.array(float, { minLength: 1, maxLength: 7 }), { minLength: 1, maxLength: 5 }),
      fc.double({ min: 0.01, max: 10, noNaN: true }),
      (gradients, maximum) => {
        tf.tidy(() => {
          const norm = globalNorm(gradients.map((g) => tf.tensor1d(g)));
          const exact = Math.hypot(...gradients.flat());
          const got = norm.dataSync()[0] ?? NaN;
          const scale = clipScale(norm, maximum).dataSync()[0] ?? NaN;
          // Tiny numbers' squares vanish in float32.
          expect(Math.abs(got - exact)).toBeLessThan(1e-5 * exact + 1e-18);
          const wanted = Math.min(1, maximum / (exact + 1e-6));
          expect(Math.abs(scale - wanted)).toBeLessThan(1e-5 * wanted);
          expect(scale).toBeLessThanOrEqual(1);
          expect(scale * exact).toBeLessThanOrEqual(maximum * (1 + 1e-5));
        });
      },
    ),
  );
});

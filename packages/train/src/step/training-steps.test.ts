import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type HostTensor, readSafetensors } from "@sweetspot/artifact";
import { compileLoop } from "@sweetspot/compile/session";
import { encoderConfig, encoderParameters, exitParameters } from "@sweetspot/model";
import { beforeAll, describe, expect, it } from "vitest";
import { adamWScalars } from "./adamw.ts";
import { objectives } from "../objectives/objectives.ts";
import { initialState, parameterTensors, stepState, weightsOf } from "./state-layout.ts";
import { lossesAndGradients, stepInputs, trainingStep } from "./training-step.ts";

/** What `reference/training_steps.py` left. */
interface Facts {
  config: unknown;
  exitLayers: number[];
  classes: number;
  pooling: "first-token";
  learningRates: number[];
  weightDecay: number;
  maxGradientNorm: number;
}

const folder = join(import.meta.dirname, "..", "..", "reference");
let facts: Facts;
let reference: Record<string, HostTensor>;
beforeAll(async () => {
  facts = JSON.parse(await readFile(join(folder, "training-steps.json"), "utf8")) as Facts;
  reference = await readSafetensors(join(folder, "training-steps.safetensors"));
});

function named(name: string): HostTensor {
  const tensor = reference[name];
  if (tensor === undefined) throw new RangeError(`reference: no tensor ${name}`);
  return tensor;
}

/** The largest distance, as a share of the tolerance: `rtol` of each number and of the largest. */
function apart(got: ArrayLike<number> | undefined, want: ArrayLike<number>, rtol = 1e-4): number {
  const numbers = Array.from(want);
  const largest = Math.max(...numbers.map(Math.abs));
  expect(got).toHaveLength(numbers.length);
  return Math.max(
    ...numbers.map((w, i) => {
      const allowed = rtol * (Math.abs(w) + 0.01 * largest) + 1e-7;
      return Math.abs((got?.[i] ?? NaN) - w) / allowed;
    }),
  );
}

describe("three steps have PyTorch's losses, gradients and weights", () => {
  it.each(["early-exit", "sweet"] as const)("%s", async (method) => {
    const { exitLayers, classes, pooling, maxGradientNorm, learningRates, weightDecay } = facts;
    const config = encoderConfig(facts.config, "training-steps.json");
    const parameters = [
      ...encoderParameters(config),
      ...exitParameters(config, exitLayers, classes, pooling),
    ];
    const part = (when: string) =>
      Object.fromEntries(parameters.map(({ name }) => [name, named(`${method}.${when}.${name}`)]));
    const about = { config, pooling, exitLayers, parameters, dropoutSites: [] };
    const definition = { ...about, objective: objectives[method], maxGradientNorm };
    const step = trainingStep(definition);
    const loop = await compileLoop({
      state: stepState(parameters),
      initialState: initialState(parameters, part("before")),
      inputs: stepInputs([]),
      step(state, inputs) {
        const next = step(state, inputs);
        const params = parameterTensors(parameters, state);
        const { gradients } = lossesAndGradients(definition, params, inputs);
        const extra = parameters.map(({ name }, i) => [`gradient/${name}`, gradients[i]] as const);
        return {
          ...next,
          outputs: { ...next.outputs, ...Object.fromEntries(extra) },
        } as typeof next;
      },
    });
    const [steps, B, T] = named("inputIds").shape as [number, number, number];
    const scalars = learningRates.map((rate, stepInStage) =>
      adamWScalars({ rate, stepInStage }, weightDecay),
    );
    const at = (name: string, i: number, count: number) =>
      (named(name).data as Int32Array).subarray(i * count, (i + 1) * count);
    const outputs = await loop.run(
      scalars.map(({ keep, stepSize, epsilon }, i) => ({
        inputIds: at("inputIds", i, B * T),
        tokenTypeIds: new Int32Array(B * T),
        attentionMask: at("attentionMask", i, B * T),
        labels: at("labels", i, B),
        weights: new Float32Array(B).fill(1),
        keep: Float32Array.of(keep),
        stepSize: Float32Array.of(stepSize),
        epsilon: Float32Array.of(epsilon),
      })),
      { B, T },
    );
    const weights = weightsOf(parameters, await loop.state());
    await loop.dispose();
    expect(steps).toBe(3);
    const distances: Record<string, number> = {};
    for (let i = 0; i < steps; i++) {
      const losses = named(`${method}.losses.${i}`).data as Float32Array;
      distances[`losses ${i}`] = apart(outputs[i]?.["losses"], losses);
      const norm = named(`${method}.norm.${i}`).data as Float32Array;
      distances[`norm ${i}`] = apart(outputs[i]?.["gradientNorm"], norm);
      // Clipping acted: the weights after depend on it.
      expect(norm[0]).toBeGreaterThan(maxGradientNorm);
      for (const { name } of parameters) {
        const want = named(`${method}.gradient.${i}.${name}`).data as Float32Array;
        distances[`gradient ${i} ${name}`] = apart(outputs[i]?.[`gradient/${name}`], want);
      }
    }
    // Softmax does not feel a key's bias: its gradient is rounding alone, which AdamW scales up.
    const felt = parameters.filter(({ name }) => !name.endsWith("attention.self.key.bias"));
    for (const { name } of felt) {
      const want = named(`${method}.after.${name}`).data as Float32Array;
      // AdamW divides a gradient by its own size, and so gives the rounding of a small one weight.
      distances[`after ${name}`] = apart(weights[name]?.data as Float32Array, want, 5e-4);
    }
    const wrong = Object.entries(distances).filter(([, distance]) => !(distance <= 1));
    expect(wrong).toEqual([]);
  });
});

describe("the graph for every size", () => {
  it.each(["early-exit", "sweet"] as const)(
    "gives the numbers of those traced at each size: %s",
    async (method) => {
      const { exitLayers, classes, pooling, maxGradientNorm, weightDecay } = facts;
      const config = encoderConfig(facts.config, "training-steps.json");
      const parameters = [
        ...encoderParameters(config),
        ...exitParameters(config, exitLayers, classes, pooling),
      ];
      const before = Object.fromEntries(
        parameters.map(({ name }) => [name, named(`${method}.before.${name}`)]),
      );
      const definition = {
        state: stepState(parameters),
        initialState: initialState(parameters, before),
        step: trainingStep({
          config,
          pooling,
          exitLayers,
          parameters,
          objective: objectives[method],
          maxGradientNorm,
          dropoutSites: [],
        }),
      };
      const scalars = adamWScalars({ rate: 0.01, stepInStage: 0 }, weightDecay);
      for (const [B, T] of [
        [1, 1],
        [1, 7],
        [4, 1],
        [5, 11],
        [8, 3],
      ] as const) {
        const at = { B, T };
        const inputs = {
          inputIds: Int32Array.from({ length: B * T }, (_, i) => 1 + ((7 * i) % 30)),
          tokenTypeIds: new Int32Array(B * T),
          attentionMask: Float32Array.from({ length: B * T }, (_, i) => Number(i % T < 5)),
          labels: Int32Array.from({ length: B }, (_, i) => i % classes),
          weights: new Float32Array(B).fill(1),
          ...Object.fromEntries(
            Object.entries(scalars).map(([name, x]) => [name, Float32Array.of(x)]),
          ),
        };
        const fixed = Object.fromEntries(
          Object.entries(stepInputs([])).map(([name, { dtype, shape }]) => [
            name,
            { dtype, shape: shape.map((d) => (typeof d === "string" ? at[d as "B" | "T"] : d)) },
          ]),
        );
        const ofThisSize = await compileLoop({ ...definition, inputs: fixed });
        const any = await compileLoop({ ...definition, inputs: stepInputs([]) });
        const [[one], [other]] = [await any.run([inputs], at), await ofThisSize.run([inputs])];
        expect(one?.["losses"]).toHaveLength(exitLayers.length);
        // tfjs's own gradients leave sums out where a size is 1, so that the rounding differs there.
        for (const name of ["losses", "gradientNorm"]) {
          const want = Array.from(other?.[name] ?? []);
          expect(apart(one?.[name], want, 1e-6)).toBeLessThanOrEqual(1);
        }
        // The means of the gradients, after one step a tenth of them.
        const [state, wanted] = [await any.state(), await ofThisSize.state()];
        for (const name of Object.keys(wanted).filter((n) => n.startsWith("m/")))
          expect(apart(state[name], wanted[name] ?? [])).toBeLessThanOrEqual(1);
        await Promise.all([ofThisSize.dispose(), any.dispose()]);
      }
    },
  );
});

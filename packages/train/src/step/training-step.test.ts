import {
  compileLoop,
  eagerLoop,
  type LoopDefinition,
  type StepLoop,
} from "@sweetspot/compile/session";
import { batchPlan, padBatch } from "@sweetspot/data";
import {
  dropoutSites,
  encoderParameters,
  exitParameters,
  initialWeights,
  pretrainedEncoder,
} from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { twoWords } from "../testing/two-words.ts";
import { smallConfig, smallEncoder, smallSplit } from "../testing/small-bert.ts";
import { stepLoop } from "../testing/step-loop.ts";
import { earlyExit } from "../objectives/early-exit.ts";
import { type ObjectiveName, objectives } from "../objectives/objectives.ts";
import { occurringRows } from "./occurring-rows.ts";
import { runInputs } from "../loop/run-inputs.ts";
import { learningRateSchedule } from "../loop/schedule.ts";
import { initialState, stepState, weightsOf } from "./state-layout.ts";
import { sweet } from "../objectives/sweet.ts";
import { moreInputs, type TrainingTask, trainModel } from "../loop/training.ts";
import {
  lossesAndGradients,
  objectiveInputs,
  stepInputs,
  type StepObjective,
  trainingStep,
} from "./training-step.ts";
import { whyNoTfjsNode } from "@sweetspot/compile/testing";

const tfjsNodeProblem = await whyNoTfjsNode();

type Tensors = Record<string, tf.Tensor>;
type HostArray = Float32Array | Int32Array | Uint8Array;

const table = "embeddings.word_embeddings.weight";

/** A step's inputs as tensors of the shapes that `stepInputs` says. */
function tensorsOf(
  arrays: Readonly<Record<string, HostArray>>,
  specs: ReturnType<typeof stepInputs>,
  sizes: Readonly<Record<string, number>>,
): Tensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => {
      const concrete = shape.map((d) => (typeof d === "string" ? (sizes[d] ?? NaN) : d));
      return [name, tf.tensor(arrays[name] ?? [], concrete, dtype)];
    }),
  );
}

describe("ten steps of the tiny BERT with dropout, clipping and decay", () => {
  const task = async (objective: StepObjective): Promise<TrainingTask> => ({
    encoder: await pretrainedEncoder("tiny"),
    objective,
    exitLayers: [1, 2],
    classes: 2,
    split: twoWords(40),
    ...(objective.teacher && {
      teacher: Float32Array.from({ length: 80 }, (_, i) => ((5 * i) % 7) / 3 - 1),
    }),
    settings: {
      gradientConflict: objective === earlyExit,
      seed: 3,
      epochs: 1,
      batchSize: 4,
      learningRate: 0.02,
      warmupRatio: 0.2,
      weightDecay: 0.1,
      maxGradientNorm: 0.5,
    },
  });

  /** What `trainModel` compiles, op by op on tfjs's current backend. */
  async function eagerly(task: TrainingTask) {
    const { encoder, exitLayers, classes, split, settings, objective } = task;
    const { config, pooling } = encoder;
    const heads = exitParameters(config, exitLayers, classes, pooling);
    const initial = { ...(await encoder.weights(2)), ...initialWeights(heads, config, 3) };
    const whole = initial[table];
    if (whole === undefined) throw new Error("no table");
    const occurring = occurringRows(whole, split.inputIds.values);
    initial[table] = occurring.table;
    const parameters = [...encoderParameters(config, 2), ...heads].map((p) =>
      p.name === table ? { ...p, shape: occurring.table.shape } : p,
    );
    const sites = dropoutSites(config, exitLayers, pooling);
    const { offsets } = split.inputIds;
    const lengths = Array.from(offsets.subarray(1), (end, i) => end - (offsets[i] ?? 0));
    const plan = batchPlan({ ...settings, lengths });
    const inputs = stepInputs(sites, objectiveInputs(objective, exitLayers, classes));
    const step = trainingStep({
      ...settings,
      objective,
      config,
      pooling,
      exitLayers,
      parameters,
      dropoutSites: sites,
    });
    const schedule = learningRateSchedule(settings, plan.length, objective.restartsAt);
    return tf.tidy(() => {
      let state = tensorsOf(initialState(parameters, initial), stepState(parameters), {});
      return plan.map((batch, i) => {
        const place = { firstStep: i, schedule };
        const more = moreInputs(task, plan.length);
        const [arrays = {}] = runInputs(
          split,
          occurring.index,
          sites,
          settings,
          [batch],
          place,
          more,
        );
        const sizes = { B: settings.batchSize, T: batch.length };
        const { state: next, outputs } = step(state, tensorsOf(arrays, inputs, sizes));
        state = next;
        return ["losses", "gradientNorm", "cosines", "alignments"].flatMap((name) => [
          ...(outputs[name]?.dataSync() ?? []),
        ]);
      });
    });
  }

  const all = Object.entries(objectives) as [ObjectiveName, StepObjective][]; // its own keys
  const cases = [
    ...all.map(([name, objective]) => [name, "cpu", objective] as const),
    ...(["early-exit", "sweet"] as const)
      .filter(() => tfjsNodeProblem === undefined)
      .map((name) => [name, "tensorflow", objectives[name]] as const),
  ];

  it.each(cases)(
    "gives compiled what it gives eagerly: %s, tfjs's %s",
    async (_, backend, objective) => {
      await tf.setBackend(backend);
      const { metrics } = await trainModel(await task(objective));
      const eager = await eagerly(await task(objective));
      const compiled = metrics.map((m) => [
        ...m.losses,
        m.gradientNorm,
        ...(m.cosines ?? []),
        ...(m.alignments ?? []),
      ]);
      expect(compiled).toHaveLength(10);
      expect(compiled[0]).toHaveLength(objective === earlyExit ? 3 + 2 + 5 : 3);
      // Each step's rounding goes on to the next.
      const apart = eager.map((row, i) =>
        row.map((x, j) => {
          const of = compiled[i]?.[j] ?? NaN;
          // Cosines may be near 0.
          return Math.abs(x - of) / (j < 3 ? of : 1);
        }),
      );
      expect(Math.max(...apart.flat())).toBeLessThan(1e-4);
      expect(compiled.some((row) => (row[2] ?? 0) > 0.5)).toBe(true);
      expect(Math.abs((compiled[9]?.[1] ?? NaN) - (compiled[0]?.[1] ?? NaN))).toBeGreaterThan(
        0.001,
      );
    },
  );
});

it("masks made in the step are the same, compiled and eager", async () => {
  const encoder = await pretrainedEncoder("tiny");
  const { definition, parameters, sites } = await stepLoop(encoder, {
    exitLayers: [1, 2],
    classes: 2,
    objective: earlyExit,
    maxGradientNorm: 0.5,
    seed: 3,
    masks: "graph",
  });
  const schedule = learningRateSchedule({ learningRate: 0.02, warmupRatio: 0 }, 9);
  const settings = { seed: 3, batchSize: 4, weightDecay: 0.1 };
  const index = Int32Array.from({ length: encoder.config.vocabSize }, (_, i) => i);
  const indices = Int32Array.of(0, 1, 2, 3);
  const batches = Array.from({ length: 3 }, () => ({ indices, length: 7, epoch: 0 }));
  const numbers = async (open: (d: LoopDefinition) => Promise<StepLoop>) => {
    const loop = await open(definition);
    const place = { firstStep: 2, schedule, masks: "graph" } as const;
    const inputs = runInputs(twoWords(4), index, sites, settings, batches, place);
    const outputs = await loop.run(inputs, { B: 4, T: 7 });
    const trained = weightsOf(parameters, await loop.state());
    await loop.dispose();
    const bias = trained["exits.2.classifier.weight"]?.data ?? [];
    const each = (name: string) => outputs.flatMap((of) => [...(of[name] ?? [])]);
    return [...each("losses"), ...each("gradientNorm"), ...bias];
  };
  const compiled = await numbers((d) => compileLoop(d));
  const eager = await numbers((d) => eagerLoop(d, { backend: "cpu" }));
  expect(compiled.length).toBeGreaterThan(9);
  expect(Math.max(...eager.map((x, i) => Math.abs(x - (compiled[i] ?? NaN))))).toBeLessThan(1e-4);
  // The masks do something, and are others at each step.
  expect(new Set(compiled.slice(0, 6).map((x) => x.toFixed(4))).size).toBe(6);
});

describe("the eager engine", () => {
  const settings = {
    seed: 1,
    epochs: 1,
    batchSize: 4,
    learningRate: 0.01,
    warmupRatio: 0,
    weightDecay: 0.1,
    maxGradientNorm: 1,
  } as const;
  const train = (engine: "compiled" | "eager", stepsPerRun: number) =>
    trainModel(
      {
        encoder: smallEncoder,
        objective: sweet,
        exitLayers: [1, 2],
        classes: 3,
        split: smallSplit(12),
        settings: { ...settings, engine },
      },
      { stepsPerRun },
    );

  it.skipIf(tfjsNodeProblem)("trains as the compiled one does, on tfjs-node", async () => {
    const compiled = await train("compiled", 3);
    const eager = await train("eager", 3);
    const losses = ({ metrics }: typeof eager) => metrics.flatMap((m) => m.losses);
    expect(losses(compiled)).toHaveLength(6);
    const apart = losses(compiled).map((x, i) => Math.abs((losses(eager)[i] ?? NaN) / x - 1));
    expect(Math.max(...apart)).toBeLessThan(1e-5);
    expect(await train("eager", 1)).toEqual(eager);
  });

  it.skipIf(tfjsNodeProblem === undefined)("says what to install where it is not", async () => {
    await expect(train("eager", 3)).rejects.toThrow(
      /^the eager engine needs @tensorflow\/tfjs-node, .* (setup:tfjs-node|use another Node)/,
    );
  });
});

describe("a padded batch", () => {
  const parameters = [
    ...encoderParameters(smallConfig),
    ...exitParameters(smallConfig, [1, 2], 3, "first-token"),
  ];
  const split = smallSplit(7);
  const indices = Int32Array.of(2, 5, 3);

  /** Losses, then gradients, of the three rows in a batch of so many, at a length. */
  async function gradients(objective: TrainingTask["objective"], rows: number, length: number) {
    const params = {
      ...(await smallEncoder.weights(2)),
      ...initialWeights(parameters.slice(-8), smallConfig, 1),
    };
    const batch = padBatch(split, { indices, length }, rows);
    return tf.tidy(() => {
      const scalar = Float32Array.of(0);
      const { batchSize: _, length: __, ...arrays } = batch;
      const inputs = tensorsOf(
        { ...arrays, keep: scalar, stepSize: scalar, epsilon: scalar },
        stepInputs([]),
        { B: rows, T: length },
      );
      const { losses, gradients } = lossesAndGradients(
        {
          config: smallConfig,
          pooling: "first-token",
          exitLayers: [1, 2],
          parameters,
          objective,
          dropoutSites: [],
        },
        Object.fromEntries(
          Object.entries(params).map(([n, { data, shape }]) => [n, tf.tensor(data, [...shape])]),
        ),
        inputs,
      );
      return [losses, ...gradients].map((t) => Array.from(t.dataSync()));
    });
  }

  it.each([
    ["early-exit", earlyExit],
    ["SWEET", sweet],
  ])("has the losses and gradients of the unpadded one: %s", async (_, objective) => {
    const wanted = await gradients(objective, 3, 11);
    expect(wanted).toHaveLength(1 + parameters.length);
    expect(wanted.flat().some((x) => Math.abs(x) > 0.1)).toBe(true);
    // More rows, of weight 0; more tokens, masked; both.
    for (const [rows, length] of [
      [5, 11],
      [3, 13],
      [7, 17],
    ] as const) {
      const got = await gradients(objective, rows, length);
      const apart = wanted.map((w, i) =>
        Math.max(...w.map((x, j) => Math.abs(x - (got[i]?.[j] ?? NaN)))),
      );
      // Products over more, zero, terms are summed in another order.
      expect(Math.max(...apart)).toBeLessThan(1e-6);
    }
  });
});

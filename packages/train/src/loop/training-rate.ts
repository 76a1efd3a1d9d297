import { ragged } from "@sweetspot/artifact";
import {
  type EncoderConfig,
  encoderParameters,
  exitParameters,
  initialWeights,
} from "@sweetspot/model";
import { earlyExit } from "../objectives/early-exit.ts";
import { stepOperations } from "../estimate.ts";
import { type Machinery, openLoop } from "./open-loop.ts";
import { runInputs } from "./run-inputs.ts";
import { learningRateSchedule } from "./schedule.ts";
import { initialState, stepState } from "../step/state-layout.ts";
import { stepInputs, trainingStep } from "../step/training-step.ts";

/** One layer of BERT-base's width: matrix products take most of a step, as in the whole encoder. */
const config: EncoderConfig = {
  modelType: "bert",
  vocabSize: 512,
  hiddenSize: 768,
  numHiddenLayers: 1,
  numAttentionHeads: 12,
  intermediateSize: 3072,
  maxPositionEmbeddings: 64,
  typeVocabSize: 2,
  layerNormEps: 1e-12,
  initializerRange: 0.02,
  hiddenDropoutProb: 0,
  attentionProbsDropoutProb: 0,
};
const size = { batchSize: 16, tokens: 64 };
const pooling = "mean";
const steps = 3;

/**
 * How many of the operations of `stepOperations` this machine does per second of training: measured on
 * one layer of BERT-base's width, a few steps of 16 x 64 tokens. Takes a few seconds.
 *
 * @throws Error if the device or the engine is not available
 */
export async function trainingRate(machinery: Machinery): Promise<number> {
  const heads = exitParameters(config, [1], 2, pooling);
  const parameters = [...encoderParameters(config), ...heads];
  const settings = { seed: 1, weightDecay: 0, ...size };
  const loop = await openLoop(
    {
      state: stepState(parameters),
      initialState: initialState(parameters, initialWeights(parameters, config, 1)),
      inputs: stepInputs([]),
      step: trainingStep({
        config,
        pooling,
        exitLayers: [1],
        parameters,
        objective: earlyExit,
        maxGradientNorm: 1,
        dropoutSites: [],
      }),
    },
    machinery,
  );
  try {
    const rows = Array.from({ length: size.batchSize }, (_, i) =>
      Array.from({ length: size.tokens }, (_t, t) => (31 * i + 7 * t) % config.vocabSize),
    );
    const split = {
      inputIds: ragged(rows),
      tokenTypeIds: ragged(rows.map((row) => row.map(() => 0))),
      labels: Int32Array.from(rows, (_, i) => i % 2),
    };
    const index = Int32Array.from({ length: config.vocabSize }, (_, i) => i);
    const batch = { indices: Int32Array.from(rows.keys()), length: size.tokens, epoch: 0 };
    const rates = { learningRate: 1e-5, warmupRatio: 0 };
    const place = { firstStep: 0, schedule: learningRateSchedule(rates, steps) };
    const inputs = (n: number) =>
      runInputs(
        split,
        index,
        [],
        settings,
        Array.from({ length: n }, () => batch),
        place,
      );
    const run = (n: number) => loop.run(inputs(n), { B: size.batchSize, T: size.tokens });
    await run(1);
    const started = performance.now();
    await run(steps);
    const seconds = (performance.now() - started) / 1000;
    return (steps * stepOperations(config, 1, size)) / seconds;
  } finally {
    await loop.dispose();
  }
}

import type { LoopDefinition, StepLoop } from "@sweetspot/compile/session";
import { dropoutSites, encoderParameters, exitParameters } from "@sweetspot/model";
import { initialState, objectives, stepInputs, stepState, trainingStep } from "@sweetspot/train";
import {
  learningRateSchedule,
  type MaskSource,
  occurringRows,
  openLoop,
  runInputs,
} from "@sweetspot/train/testing";
import { batch, batchCount, classes, type TrainingWork } from "./training-work.ts";

/** The training step of the `train` stage, ready to be timed. */
export interface TrainingLoop {
  /** The number of word embeddings that it trains: those that occur in the text. */
  trainedRows: number;
  /** Runs steps on the batches from `first` on, in one run. @returns the exits' losses, step by step */
  take(steps: number, first: number): Promise<number[][]>;
  dispose(): Promise<void>;
}

export interface LoopOptions {
  /** Default: true. */
  dropout?: boolean;
  /** Whether each step measures how the classifiers' gradients align; default: false. */
  gradientConflict?: boolean;
  /** Where dropout masks are made; default: on the host. */
  masks?: MaskSource;
  /** Default: as the `train` stage opens it, on the CPU. */
  open?: (definition: LoopDefinition) => Promise<StepLoop>;
}

const settings = { seed: 1, batchSize: batch.B, weightDecay: 0.01 };
const schedule = learningRateSchedule({ learningRate: 5e-5, warmupRatio: 0 }, 1e12);

export async function openTrainingLoop(
  { encoder, exitLayers, weights, split }: TrainingWork,
  {
    dropout = true,
    gradientConflict = false,
    masks = "host",
    open = (definition) => openLoop(definition, {}),
  }: LoopOptions = {},
): Promise<TrainingLoop> {
  const { config, pooling } = encoder;
  const wordEmbeddings = "embeddings.word_embeddings.weight";
  const table = weights[wordEmbeddings];
  if (table === undefined) throw new RangeError(`bench: no ${wordEmbeddings}`);
  const occurring = occurringRows(table, split.inputIds.values);
  const parameters = [
    ...encoderParameters(config),
    ...exitParameters(config, exitLayers, classes, pooling),
  ].map((p) => (p.name === wordEmbeddings ? { ...p, shape: occurring.table.shape } : p));
  const sites = dropout ? dropoutSites(config, exitLayers, pooling) : [];
  const loop = await open({
    state: stepState(parameters),
    initialState: initialState(parameters, { ...weights, [wordEmbeddings]: occurring.table }),
    inputs: stepInputs(sites, {}, masks),
    step: trainingStep({
      config,
      pooling,
      exitLayers,
      parameters,
      objective: objectives["early-exit"],
      maxGradientNorm: 1,
      dropoutSites: sites,
      gradientConflict,
    }),
  });
  return {
    trainedRows: occurring.rows.length,
    async take(steps, first) {
      const batches = Array.from({ length: steps }, (_, i) => ({
        epoch: 0,
        length: batch.T,
        indices: Int32Array.from(
          { length: batch.B },
          (_row, j) => ((first + i) % batchCount) * batch.B + j,
        ),
      }));
      const place = { firstStep: first, schedule, masks };
      const inputs = runInputs(split, occurring.index, sites, settings, batches, place);
      const outputs = await loop.run(inputs, batch);
      return outputs.map(({ losses = [] }) => Array.from(losses));
    },
    dispose: () => loop.dispose(),
  };
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runStage, writeSafetensors } from "@sweetspot/artifact";
import { stage as data } from "@sweetspot/data/stage";
import {
  encoderConfigJson,
  exitParameters,
  initialWeights,
  pretrainedEncoder,
} from "@sweetspot/model";

/** The task that both sides fine-tune on: sentences of product reviews. */
export const fineTuning = {
  encoder: "minilm",
  exitLayers: [1, 2, 4, 6],
  epochs: 6,
  batchSize: 16,
  learningRate: 5e-5,
  warmupRatio: 0.1,
  seed: 1,
} as const;

/** Writes the encoded splits to `data/`, and `work.json` and `weights.safetensors` for the peer. */
export async function writeFineTuneWork(folder: string): Promise<void> {
  await runStage(data, {
    settings: {
      task: "amazon",
      encoder: fineTuning.encoder,
      trainSize: 600,
      calibrationSize: 10,
      thresholdSize: 10,
    },
    inputs: {},
    output: join(folder, "data"),
  });
  const { config, pooling, weights } = await pretrainedEncoder(fineTuning.encoder);
  const exits = exitParameters(config, fineTuning.exitLayers, 2, pooling);
  const json = {
    config: encoderConfigJson(config),
    pooling,
    exitLayers: fineTuning.exitLayers,
    classes: 2,
    settings: fineTuning,
  };
  await writeFile(join(folder, "work.json"), JSON.stringify(json));
  await writeSafetensors(join(folder, "weights.safetensors"), {
    ...(await weights(config.numHiddenLayers)),
    ...initialWeights(exits, config, fineTuning.seed),
  });
}

import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStage, readSplit } from "@sweetspot/artifact";
import { stage } from "@sweetspot/data/stage";
import { pretrainedEncoder, writeCheckpoint } from "@sweetspot/model";
import { objectives, trainModel } from "@sweetspot/train";

const folder = await mkdtemp(join(tmpdir(), "train-"));
const data = await runStage(stage, {
  settings: { task: "amazon", trainSize: 200 },
  inputs: {},
  output: join(folder, "data"),
});

// MiniLM with classifiers after layers 1 and 2, each layer updated by the next classifier above it.
const encoder = await pretrainedEncoder("minilm");
const exitLayers = [1, 2];
const labels = ["negative", "positive"];
const { weights, metrics } = await trainModel(
  {
    encoder,
    objective: objectives.sweet,
    exitLayers,
    classes: labels.length,
    split: await readSplit(data, "train"),
    settings: {
      seed: 1,
      epochs: 2,
      batchSize: 16,
      learningRate: 1e-4,
      warmupRatio: 0.1,
      weightDecay: 0.01,
      maxGradientNorm: 1,
    },
  },
  { log: console.log },
);
await writeFile(
  join(folder, "metrics.jsonl"),
  metrics.map((m) => `${JSON.stringify(m)}\n`),
);

const config = { ...encoder.config, numHiddenLayers: 2 };
await writeCheckpoint(folder, { config, exitLayers, pooling: encoder.pooling, labels, weights });
console.log(`model.safetensors, config.json and metrics.jsonl are in ${folder}`);

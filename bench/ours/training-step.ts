// A fine-tuning step compiled into ONNX Runtime: `bench/peers/torch_step.py` does the same in PyTorch.
// Answers each line of JSON on stdin with one on stdout: {"steps": n, "first": i} takes n steps on
// the batches from i on, in one run.
//
//   tsx training-step.ts MODEL [--no-dropout]
import { createInterface } from "node:readline";
import { compileLoop } from "@sweetspot/compile/session";
import { dropoutSites, encoderParameters, exitParameters } from "@sweetspot/model";
import {
  initialState,
  objectives,
  occurringRows,
  runInputs,
  stepInputs,
  stepState,
  trainingStep,
} from "@sweetspot/train";
import { argv } from "zx";
import { batch, batchCount, classes, modelName, trainingWork } from "../training-work.ts";

const { encoder, exitLayers, weights, split } = await trainingWork(modelName(argv._[0]));
const { config, pooling } = encoder;
const began = performance.now();
const wordEmbeddings = "embeddings.word_embeddings.weight";
const table = weights[wordEmbeddings];
if (table === undefined) throw new RangeError(`bench: no ${wordEmbeddings}`);
const occurring = occurringRows(table, split.inputIds.values);
const parameters = [
  ...encoderParameters(config),
  ...exitParameters(config, exitLayers, classes, pooling),
].map((p) => (p.name === wordEmbeddings ? { ...p, shape: occurring.table.shape } : p));
const sites = argv["dropout"] === false ? [] : dropoutSites(config, exitLayers);
const loop = await compileLoop({
  state: stepState(parameters),
  initialState: initialState(parameters, { ...weights, [wordEmbeddings]: occurring.table }),
  inputs: stepInputs(sites),
  step: trainingStep({
    config,
    pooling,
    exitLayers,
    parameters,
    objective: objectives["early-exit"],
    maxGradientNorm: 1,
    dropoutSites: sites,
  }),
});
tell({ startMs: performance.now() - began, trainedRows: occurring.rows.length });

const settings = {
  seed: 1,
  batchSize: batch.B,
  learningRate: 5e-5,
  warmupRatio: 0,
  weightDecay: 0.01,
};
for await (const line of createInterface({ input: process.stdin })) {
  const { steps, first } = JSON.parse(line) as { steps: number; first: number };
  const start = performance.now();
  const batches = Array.from({ length: steps }, (_, i) => ({
    epoch: 0,
    length: batch.T,
    indices: Int32Array.from(
      { length: batch.B },
      (_row, j) => ((first + i) % batchCount) * batch.B + j,
    ),
  }));
  const place = { firstStep: first, totalSteps: 1e12 };
  const inputs = runInputs(split, occurring.index, sites, settings, batches, place);
  const { losses } = await loop.run(inputs, { steps, ...batch });
  const ms = performance.now() - start;
  const exits = exitLayers.length;
  const told = Array.from({ length: steps }, (_, i) =>
    Array.from(losses?.subarray(i * exits, (i + 1) * exits) ?? []),
  );
  tell({ ms, losses: told, peakBytes: 1024 * process.resourceUsage().maxRSS });
}
await loop.dispose();

function tell(answer: object): void {
  console.log(JSON.stringify(answer));
}

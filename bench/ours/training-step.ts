// A fine-tuning step compiled into ONNX Runtime: `bench/peers/torch_step.py` does the same in PyTorch.
// With --eager it is not compiled: tfjs-node runs it, kernel by kernel. Answers each line of JSON on
// stdin with one on stdout: {"steps": n, "first": i} runs n steps on the batches from i on, in one run.
//
//   tsx training-step.ts MODEL [--no-dropout] [--eager]
import { createInterface } from "node:readline";
import { openLoop } from "@sweetspot/train/testing";
import { argv } from "zx";
import { openTrainingLoop } from "../training-loop.ts";
import { modelName, trainingWork } from "../training-work.ts";
import { help } from "../../scripts/help.ts";

help(
  `tsx training-step.ts MODEL [--no-dropout] [--eager]\n\nAnswers lines of JSON with the time of training steps; npm run bench calls it.`,
  ["--no-dropout", "--eager"],
);

const work = await trainingWork(modelName(argv._[0]));
const began = performance.now();
const loop = await openTrainingLoop(work, {
  dropout: argv["dropout"] !== false,
  open: (definition) =>
    openLoop(definition, { engine: argv["eager"] === true ? "eager" : "compiled" }),
});
answer({ startMs: performance.now() - began, trainedRows: loop.trainedRows });

for await (const line of createInterface({ input: process.stdin })) {
  const { steps, first } = JSON.parse(line) as { steps: number; first: number };
  const start = performance.now();
  const losses = await loop.take(steps, first);
  const ms = performance.now() - start;
  answer({ ms, losses, peakBytes: 1024 * process.resourceUsage().maxRSS });
}
await loop.dispose();

function answer(result: object): void {
  console.log(JSON.stringify(result));
}

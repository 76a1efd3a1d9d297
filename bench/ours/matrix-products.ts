// The rate of a session of bare matrix products on this machine, an upper bound for a training step.
// Answers like `training-step.ts`; a step is the forward products of a BERT layer's linear maps.
//
//   tsx matrix-products.ts MODEL
import { createInterface } from "node:readline";
import { compile } from "@sweetspot/compile/session";
import * as tf from "@tensorflow/tfjs";
import { argv } from "zx";
import { batch, modelName, trainingWork } from "../training-work.ts";
import { help } from "../../scripts/help.ts";

help(
  `tsx matrix-products.ts MODEL\n\nAnswers lines of JSON with the time of matrix products; npm run bench calls it.`,
);

const { config } = (await trainingWork(modelName(argv._[0]))).encoder;
const { hiddenSize: c, intermediateSize: f } = config;
const rows = batch.B * batch.T;
const matrix = (n: number, m: number) => ({ dtype: "float32", shape: [n, m] }) as const;
const session = await compile(
  ({ x, q, k, v, o, up, down }) => {
    const context = tf.matMul(tf.matMul(tf.matMul(x, q), k), v);
    return { y: tf.sum(tf.matMul(tf.matMul(tf.matMul(context, o), up), down)) };
  },
  {
    x: matrix(rows, c),
    q: matrix(c, c),
    k: matrix(c, c),
    v: matrix(c, c),
    o: matrix(c, c),
    up: matrix(c, f),
    down: matrix(f, c),
  },
);
const numbers = (n: number, m: number) =>
  Float32Array.from({ length: n * m }, (_, i) => Math.sin(i) / Math.sqrt(n));
const square = numbers(c, c);
const inputs = {
  x: numbers(rows, c),
  q: square,
  k: square,
  v: square,
  o: square,
  up: numbers(c, f),
  down: numbers(f, c),
};
answer({ flopPerStep: 2 * rows * (4 * c * c + 2 * c * f) });
for await (const line of createInterface({ input: process.stdin })) {
  const { steps } = JSON.parse(line) as { steps: number };
  const start = performance.now();
  for (let i = 0; i < steps; i++) await session.run(inputs);
  const ms = performance.now() - start;
  answer({ ms, losses: [], peakBytes: 1024 * process.resourceUsage().maxRSS });
}
await session.dispose();

function answer(result: object): void {
  console.log(JSON.stringify(result));
}

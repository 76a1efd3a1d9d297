// Times one training step (early-exit, clipping, AdamW, dropout) on one device. Prints a line of JSON.
//
//   node card.ts tiny|minilm|bert-base ROWS TOKENS DEVICE [--host-masks] [--no-dropout] [--seconds S]
//     [--most STEPS] [--profile PREFIX | --digest STEPS]
//
// Runs of 1 step and of n steps separate the time of a step (`stepMs`) from the time of a run beyond its
// steps, which is copying the state in and out (`perRunMs`). `inputsMs` is the host's time for making a
// step's inputs, and `wholeMs` is the total of a run of n steps, divided by n. With --digest it runs that
// many steps and prints the state's sha256: two calls show whether the same seed gives the same bytes.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { compileLoop, type LoopDefinition, type StepLoop } from "@sweetspot/compile/session";
import { arrangement } from "@sweetspot/train/testing";
import { median } from "../interleave.ts";
import { batch, modelName } from "../training-work.ts";
import { cardWork, stepFlop } from "./card-work.ts";
import { deviceName } from "./device-name.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "host-masks": { type: "boolean", default: false },
    "no-dropout": { type: "boolean", default: false },
    seconds: { type: "string", default: "2" },
    most: { type: "string", default: "24" },
    profile: { type: "string" },
    digest: { type: "string" },
  },
});
const model = modelName(positionals[0]);
batch.B = whole("ROWS", positionals[1]);
batch.T = whole("TOKENS", positionals[2]);
const device = deviceName(positionals[3]);
const dropout = !flags["no-dropout"];
const masks = flags["host-masks"] ? "host" : arrangement({ device }).masks;

// This module reads the batch's size when it is loaded.
const { openTrainingLoop } = await import("../training-loop.ts");
let inRuns = 0;
let opened: StepLoop | undefined;
const began = performance.now();
const loop = await openTrainingLoop(cardWork(model), { dropout, masks, open });
const openMs = performance.now() - began;
let next = 0;
const first = await take(1);
const second = await take(2);
const measured =
  flags.digest !== undefined
    ? await digest(whole("--digest", flags.digest))
    : flags.profile !== undefined
      ? {}
      : await times(whole("--most", flags.most), Number(flags.seconds));
const result = {
  model,
  rows: batch.B,
  tokens: batch.T,
  device,
  dropout,
  masks,
  flags: process.argv.slice(6).join(" "),
  tf32: process.env["NVIDIA_TF32_OVERRIDE"] ?? "default",
  openMs,
  firstRunMs: first.runMs,
  losses: [...first.losses, ...second.losses],
  ...measured,
  peakBytes: 1024 * process.resourceUsage().maxRSS,
  gpuMiB: gpuMiB(),
};
await loop.dispose();
console.log(
  JSON.stringify(result, (_, x: unknown) => (isFraction(x) ? Number(x.toPrecision(5)) : x)),
);

async function open(definition: LoopDefinition): Promise<StepLoop> {
  const { profile } = flags;
  const inner = await compileLoop(definition, {
    device,
    spinMicroseconds: 50,
    ...(profile === undefined ? {} : { profile }),
  });
  opened = inner;
  return {
    state: () => inner.state(),
    dispose: () => inner.dispose(),
    async run(...given) {
      const start = performance.now();
      const outputs = await inner.run(...given);
      inRuns += performance.now() - start;
      return outputs;
    },
  };
}

/** Runs steps in one run. `runMs` is the session's own time; `allMs` includes making the inputs. */
async function take(steps: number) {
  inRuns = 0;
  const start = performance.now();
  const losses = await loop.take(steps, next);
  next += steps;
  return { allMs: performance.now() - start, runMs: inRuns, losses };
}

/** @param most steps of a run @param seconds for three runs */
async function times(most: number, seconds: number) {
  const ones = [await take(1), await take(1), await take(1)];
  const one = median(ones.map((t) => t.runMs));
  const two = await take(2);
  const guess = Math.max(0.5, two.runMs - one);
  const steps = Math.max(2, Math.min(most, Math.round((seconds * 1000) / guess / 3)));
  const many = [await take(steps), await take(steps), await take(steps)];
  const stepMs = (median(many.map((t) => t.runMs)) - one) / (steps - 1);
  return {
    steps,
    stepMs,
    perRunMs: one - stepMs,
    inputsMs: median(many.map((t) => (t.allMs - t.runMs) / steps)),
    wholeMs: median(many.map((t) => t.allMs / steps)),
    tflops: stepFlop(model) / stepMs / 1e9,
    runs: many.map((t) => t.runMs / steps),
  };
}

async function digest(steps: number) {
  const { losses } = await take(steps);
  const hash = createHash("sha256");
  for (const part of Object.values((await opened?.state()) ?? {}))
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  return { losses: losses.slice(-1), digest: hash.digest("hex").slice(0, 16) };
}

function whole(what: string, text: string | undefined): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`card: ${what} must be a whole number of at least 1, got ${text}`);
  return n;
}

function isFraction(x: unknown): x is number {
  return typeof x === "number" && !Number.isInteger(x);
}

/** The card's memory in use, as the driver reports it; undefined without a card. */
function gpuMiB(): number | undefined {
  if (device === "cpu") return undefined;
  try {
    const query = ["--query-gpu=memory.used", "--format=csv,noheader,nounits"];
    const text = execFileSync("nvidia-smi", query, {
      encoding: "utf8",
      timeout: 5000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return Number(text);
  } catch {
    return undefined;
  }
}

// Checks this machine's devices in a minute or two: which are found, whether a training step there gives
// the same numbers as on the CPU, and how fast it is.
//
//   npm run check:gpu [-- webgpu | cuda]
//
// Without a name it checks both, and fails only if a device that it finds is wrong. A named device must
// also be found.
import { compile, nativeBackend } from "@sweetspot/compile/session";
import { arrangement, type Machinery, openLoop } from "@sweetspot/train/testing";
import { checkDevice, type Device, devices, onnxruntimeVersion } from "@sweetspot/runtime";
import * as tf from "@tensorflow/tfjs";
import { argv } from "zx";
import { type LoopOptions, openTrainingLoop } from "../bench/training-loop.ts";
import { batch, trainingWork } from "../bench/training-work.ts";
import { help } from "./help.ts";

help(
  `npm run check:gpu [-- webgpu | cuda]\n\nShows in a minute or two which devices this machine has, whether they give the same numbers as the CPU, and how fast they are.`,
);

/**
 * Losses are of the order of 1. Each device has its own exp, erf and tanh, and the differences grow with
 * each step.
 */
const tolerance = 1e-2;
const comparedSteps = 3;
/** The timing takes about this long for each device. */
const measuredMs = 8000;
/** Below this many GFLOP/s a device is not a graphics card, and MiniLM would take minutes. */
const slowest = 20;

/** How a training loop is opened. */
type Way = Pick<LoopOptions, "open" | "masks">;

const asked = argv._.map(String);
const unknown = asked.find((name) => !(devices as readonly string[]).includes(name));
if (unknown !== undefined)
  throw new RangeError(`check:gpu: expected ${devices.slice(1).join(" or ")}, got ${unknown}`);
const looked = devices.filter((d) => d !== "cpu" && (asked.length === 0 || asked.includes(d)));

console.log(`Node ${process.version}, ONNX Runtime ${onnxruntimeVersion}`);
const work = { tiny: await trainingWork("tiny"), minilm: await trainingWork("minilm") };
/** As in the stage `train` on the CPU. */
const onCpu: Way = {};
let cpuMs: number | undefined;
let failed = false;
for (const device of looked) {
  try {
    await checkDevice(device);
  } catch (error) {
    console.log(`${device}: NOT FOUND: ${error instanceof Error ? error.message : error}`);
    failed ||= asked.includes(device);
    continue;
  }
  console.log(`${device}: found`);
  const way = wayOf({ device });
  await compareLosses(device, way);
  const rate = await productRate(device);
  console.log(`${device}: ${rate.toFixed(1)} GFLOP/s in matrix products`);
  if (rate < slowest) console.log(`${device}: too slow for a graphics card; MiniLM is not timed`);
  else await compareTimes(device, way);
  if (device === "cuda") await checkEager(device);
}
console.log(failed ? "\nFAILED" : "\npassed");
process.exitCode = failed ? 1 : 0;

/** The eager engine on the same card, if its package is installed. */
async function checkEager(device: Device): Promise<void> {
  try {
    await nativeBackend(device);
  } catch (error) {
    console.log(`${device}, eager: NOT FOUND: ${error instanceof Error ? error.message : error}`);
    return;
  }
  const way = wayOf({ device, engine: "eager" });
  await compareLosses(`${device}, eager`, way);
  await compareTimes(`${device}, eager`, way);
}

/** As in the stage `train`. */
function wayOf(machinery: Partial<Machinery>): Way {
  return {
    masks: arrangement(machinery).masks,
    open: (definition) => openLoop(definition, machinery),
  };
}

async function compareLosses(name: string, way: Way): Promise<void> {
  const got = await losses(way);
  // The same masks, made in the same place as on the device.
  const expected = await losses({ ...onCpu, ...(way.masks && { masks: way.masks }) });
  const apart = Math.max(...expected.map((x, i) => Math.abs((got[i] ?? NaN) - x)));
  const same = apart <= tolerance;
  failed ||= !same;
  console.log(
    `${name}: ${same ? "same losses as the CPU" : "DIFFERENT LOSSES from the CPU"} over ${comparedSteps} steps of a small BERT (largest difference ${apart.toExponential(1)}, allowed ${tolerance})`,
  );
}

async function losses(way: Way): Promise<number[]> {
  const loop = await openTrainingLoop(work.tiny, way);
  const values = await loop.take(comparedSteps, 0);
  await loop.dispose();
  return values.flat();
}

async function compareTimes(name: string, way: Way): Promise<void> {
  cpuMs ??= await stepMs(onCpu);
  const ms = await stepMs(way);
  console.log(
    `${name}: ${ms.toFixed(1)} ms a step of MiniLM-L6, ${batch.B} x ${batch.T} tokens; CPU ${cpuMs.toFixed(1)} ms, so ${(cpuMs / ms).toFixed(2)} times as fast`,
  );
}

/** Milliseconds per step, including copying the state at the end of a run. */
async function stepMs(way: Way): Promise<number> {
  const loop = await openTrainingLoop(work.minilm, way);
  await loop.take(1, 0);
  const once = await timed(() => loop.take(1, 1));
  const steps = Math.max(1, Math.min(64, Math.floor(measuredMs / once)));
  const ms = steps === 1 ? once : (await timed(() => loop.take(steps, 2))) / steps;
  await loop.dispose();
  return ms;
}

/** GFLOP/s of products of square matrices. */
async function productRate(device: Device): Promise<number> {
  const [size, products] = [512, 8];
  const matrix = { dtype: "float32", shape: [size, size] } as const;
  const session = await compile(
    ({ x, w }) => {
      let y = x;
      for (let i = 0; i < products; i++) y = tf.matMul(y, w);
      return { y: tf.sum(y) };
    },
    { x: matrix, w: matrix },
    { device },
  );
  const numbers = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i) / size);
  await session.run({ x: numbers, w: numbers });
  const ms = await timed(() => session.run({ x: numbers, w: numbers }));
  await session.dispose();
  return (2 * size ** 3 * products) / ms / 1e6;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

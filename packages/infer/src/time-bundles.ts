import {
  batchesByLength,
  type EncodedSplit,
  type TimedBatch,
  timedBatchSizes,
  type TimedPoint,
} from "@sweetspot/artifact";
import { exitRules, speedAccuracyCurve } from "@sweetspot/eval";
import { allExitLogits, exitsOf } from "./all-exits.ts";
import type { Bundle } from "./bundle.ts";
import { encodeTexts, type TextInput } from "./classify.ts";
import { type Cascade, runCascade } from "./run-cascade.ts";

/** A way to answer that is timed. */
interface Way {
  bundle: Bundle;
  /** The part of the bundle that answers. */
  cascade: Cascade;
  threshold: number;
}

/** What each way took: milliseconds a text by call and round, and the layers that ran. */
interface Times {
  calls: number[][];
  /** Over all texts, and how many these are. */
  layersRun: number;
  texts: number;
}

/** Calibration examples that place the thresholds. */
const mostPlaced = 200;

/**
 * Times a bundle in each of its precisions as it is used: calls of 1, 8 and 32 texts in the order of
 * arrival, tokenisation included, batches shrinking. All ways to answer, in all precisions, take turns call
 * by call, so that a slow moment of the machine affects all of them; a first call of each warms up and is
 * not counted.
 *
 * Timed are the cascade at five thresholds, from "all leave at the first exit" to "none leaves early", at
 * costs spread evenly over the calibration split, and each exit alone.
 *
 * @param bundles the same one in different precisions
 * @param rounds 2 or more
 * @returns for each bundle, one entry for each batch size
 */
export async function timeBundles(
  bundles: readonly Bundle[],
  {
    texts,
    calibration,
    rounds,
  }: { texts: readonly TextInput[]; calibration: EncodedSplit; rounds: number },
): Promise<TimedBatch[][]> {
  const timed = await Promise.all(
    bundles.map(async (bundle) => {
      const thresholds = await thresholdsOf(bundle, calibration);
      const cascade = thresholds.map((threshold): Way => ({ bundle, cascade: bundle, threshold }));
      return { bundle, cascade, exits: exitsAlone(bundle, cascade), batches: [] as TimedBatch[] };
    }),
  );
  const ways = [...new Set(timed.flatMap(({ cascade, exits }) => [...cascade, ...exits]))];
  for (const batchSize of timedBatchSizes) {
    const calls = callsOf(texts, batchSize);
    const times = await timeWays(ways, calls, rounds);
    for (const { bundle, cascade, exits, batches } of timed) {
      const pointOf = (way: Way): TimedPoint =>
        timedPoint(times.get(way) ?? { calls: [], layersRun: NaN, texts: 0 }, bundle.layers);
      const points = cascade.map(pointOf).sort((a, b) => a.cost - b.cost);
      batches.push({
        batchSize,
        examples: calls.length * batchSize,
        cascade: points.filter((p, i) => p.cost > (points[i - 1]?.cost ?? 0)),
        exits: exits.map(pointOf),
      });
    }
  }
  return timed.map(({ batches }) => batches);
}

/** Full calls of texts in their order; a few texts are used more than once. */
function callsOf(texts: readonly TextInput[], batchSize: number): TextInput[][] {
  return Array.from({ length: Math.ceil(texts.length / batchSize) }, (_, call) =>
    Array.from({ length: batchSize }, (_, i) => texts[(call * batchSize + i) % texts.length] ?? ""),
  );
}

/** Thresholds that rise from 0, where all leave at the first exit, to Infinity, where none leaves early. */
async function thresholdsOf(bundle: Bundle, calibration: EncodedSplit): Promise<number[]> {
  const exits = exitsOf(bundle);
  const classes = bundle.labels.length;
  const rows = [...calibration.labels.keys()].slice(0, mostPlaced);
  const logits = exits.map(() => new Float32Array(rows.length * classes));
  for (const batch of batchesByLength(calibration.inputIds, rows, 32))
    for (const [e, of] of (await allExitLogits(bundle, calibration, batch)).entries())
      for (const [j, row] of batch.entries())
        logits[e]?.set(of.subarray(j * classes, (j + 1) * classes), row * classes);
  const input = { logits, classes };
  const confidences = exitRules["max-probability"](input, { ...input, labels: [] });
  const points = speedAccuracyCurve({ confidences, correct: confidences });
  const depthOf = exitDepths(bundle);
  const costs = points.map(
    ({ exitCounts }) =>
      exitCounts.reduce((sum, n, e) => sum + n * (depthOf[e] ?? NaN), 0) / rows.length,
  );
  const [low = 0, high = 0] = [costs[0], costs.at(-1)];
  const between = [0.25, 0.5, 0.75].flatMap((share) => {
    const place = costs.findLastIndex((cost) => cost <= low + share * (high - low));
    return points[place]?.threshold ?? [];
  });
  return exits.length === 1 ? [Infinity] : [...new Set([0, ...between, Infinity])];
}

/** The layers that run in all for a text that leaves at each exit. */
function exitDepths(bundle: Pick<Bundle, "sessions">): number[] {
  let layers = 0;
  return exitsOf(bundle).map((segment) => (layers += segment.layers));
}

/** Each exit alone: its member's segments up to it. A single model's first and last are also the cascade's ends. */
function exitsAlone(bundle: Bundle, cascade: readonly Way[]): Way[] {
  return bundle.sessions.flatMap((member) =>
    member.map((_, k): Way => {
      const ends = bundle.sessions.length === 1 && member.length > 1;
      const [first, last] = [cascade[0], cascade.at(-1)];
      if (ends && k === 0 && first !== undefined) return first;
      if (ends && k === member.length - 1 && last !== undefined) return last;
      const sessions = [member.slice(0, k + 1)];
      return { bundle, cascade: { sessions, labels: bundle.labels }, threshold: Infinity };
    }),
  );
}

async function timeWays(
  ways: readonly Way[],
  calls: readonly (readonly TextInput[])[],
  rounds: number,
): Promise<Map<Way, Times>> {
  const times = new Map(
    ways.map((way) => [way, { calls: calls.map((): number[] => []), layersRun: 0, texts: 0 }]),
  );
  for (let round = 0; round <= rounds; round++)
    // The first call warms up.
    for (const [c, call] of (round === 0 ? calls.slice(0, 1) : calls).entries())
      for (const [way, taken] of times) {
        const { bundle, cascade, threshold } = way;
        const leaving = { threshold, rule: "max-probability", temperatures: [] } as const;
        const start = performance.now();
        const encoded = encodeTexts(bundle, call);
        const answers = await runCascade(cascade, encoded, leaving, call.length);
        const ms = performance.now() - start;
        if (round === 0) continue;
        taken.calls[c]?.push(ms / call.length);
        taken.layersRun += answers.reduce((sum, a) => sum + a.layersRun, 0);
        taken.texts += call.length;
      }
  return times;
}

function timedPoint({ calls, layersRun, texts }: Times, layers: number): TimedPoint {
  const rounds = calls[0]?.length ?? 0;
  const means = Array.from({ length: rounds }, (_, r) => mean(calls.map((call) => call[r] ?? NaN)));
  const ofEach = calls.map((call) => quantile(call, 0.5));
  const half = (parity: number) =>
    quantile(
      means.filter((_, r) => r % 2 === parity),
      0.5,
    );
  const [a, b] = [half(0), half(1)];
  return {
    cost: layersRun / (texts * layers),
    meanMs: rounded(quantile(means, 0.5)),
    p50Ms: rounded(quantile(ofEach, 0.5)),
    p90Ms: rounded(quantile(ofEach, 0.9)),
    p99Ms: rounded(quantile(ofEach, 0.99)),
    noise: rounded((2 * Math.abs(a - b)) / (a + b)),
  };
}

/** By linear interpolation between the numbers in order. */
function quantile(numbers: readonly number[], q: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)] ?? NaN, sorted[Math.ceil(place)] ?? NaN];
  return low + (place - Math.floor(place)) * (high - low);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}

/** To 4 decimals. */
function rounded(x: number): number {
  return Math.round(x * 1e4) / 1e4;
}

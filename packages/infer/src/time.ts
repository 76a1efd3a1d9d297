import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import {
  type Artifact,
  type Json,
  precisionsOf,
  readBundle,
  readSplit,
  rowCount,
  type StageContext,
  type Timing,
} from "@sweetspot/artifact";
import { onnxruntimeVersion } from "@sweetspot/runtime";
import { type Bundle, openBundle } from "./bundle.ts";
import type { TextInput } from "./classify.ts";
import type { TimeSettings } from "./settings.ts";
import { stageInputs } from "./stage-inputs.ts";
import { timeBundles } from "./time-bundles.ts";

/**
 * The stage `time`. Writes `timing.json`: how long `classify` takes on texts of the test split, in calls of
 * 1, 8 and 32 texts, tokenisation included: in each precision the cascade at several thresholds, and each
 * exit alone.
 *
 * @throws RangeError if the bundle was made from other data
 */
export async function runTime({
  settings,
  inputs,
  output,
  log,
}: StageContext<TimeSettings>): Promise<Record<string, Json>> {
  const { data, exported } = stageInputs("time", inputs);
  const { device } = settings;
  const threads = availableParallelism();
  const bundles: Bundle[] = [];
  try {
    const { members } = await readBundle(exported.path("bundle.json"));
    for (const precision of precisionsOf({ members }))
      bundles.push(await openBundle(exported.dir, { precision, threads, device }));
    const [bundle] = bundles;
    if (bundle === undefined) throw new RangeError(`time: ${exported.dir} has no segments`);
    const timed = await timeBundles(bundles, {
      texts: await textsOf(data, "test", settings.examples, bundle),
      calibration: await readSplit(data, "calibration"),
      rounds: settings.rounds,
    });
    const batches: Timing["batches"] = {};
    for (const [i, { precision }] of bundles.entries()) {
      batches[precision] = timed[i] ?? [];
      for (const { batchSize, cascade } of timed[i] ?? [])
        log(
          `${precision}, batch ${batchSize}: ${cascade[0]?.meanMs} ms a text at the first exit, ${cascade.at(-1)?.meanMs} ms through everything`,
        );
    }
    const machine = {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: threads,
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
      onnxruntime: onnxruntimeVersion,
      device,
      threads,
    };
    const timing: Timing = { format: "sweetspot-timing-2", machine, batches };
    await writeFile(join(output, "timing.json"), `${JSON.stringify(timing, undefined, 2)}\n`);
    return { method: bundle.method };
  } finally {
    await Promise.all(bundles.map((b) => b.dispose()));
  }
}

/** A text of a split as the stage `data` wrote it. */
interface TextLine {
  text: string;
  textPair?: string;
}

/** Texts spread evenly over a split; a small split is used more than once. */
async function textsOf(
  data: Artifact,
  split: string,
  count: number,
  { pairs }: Pick<Bundle, "pairs">,
): Promise<TextInput[]> {
  const n = rowCount((await readSplit(data, split)).inputIds);
  const lines = (await readFile(data.path(`${split}.jsonl`), "utf8")).trimEnd().split("\n");
  if (lines.length !== n)
    throw new RangeError(
      `${data.path(`${split}.jsonl`)}: expected ${n} lines, one for each example, got ${lines.length}; run the stage data again`,
    );
  return Array.from({ length: count }, (_, i) => {
    const line = lines[count <= n ? Math.floor((i * n) / count) : i % n] ?? "";
    const { text, textPair = "" } = JSON.parse(line) as TextLine; // the stage's own
    return pairs === true ? [text, textPair] : text;
  });
}

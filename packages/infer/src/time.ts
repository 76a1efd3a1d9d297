import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import {
  type Artifact,
  type Json,
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
import { timeBundle } from "./time-bundle.ts";

/**
 * The stage `time`. Writes `timing.json`: how long `classify` takes on texts of the test split, in calls of
 * 1, 8 and 32 texts, tokenisation included: the cascade at several thresholds, and each exit alone.
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
  const bundle = await openBundle(exported.dir, { threads, device });
  try {
    const batches = await timeBundle(bundle, {
      texts: await textsOf(data, "test", settings.examples, bundle),
      calibration: await readSplit(data, "calibration"),
      rounds: settings.rounds,
    });
    for (const { batchSize, cascade } of batches) {
      const [first, last] = [cascade[0], cascade.at(-1)];
      log(
        `batch ${batchSize}: ${first?.meanMs} ms a text at the first exit, ${last?.meanMs} ms through everything`,
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
    await bundle.dispose();
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

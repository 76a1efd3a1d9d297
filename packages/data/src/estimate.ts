import { type Estimate, type EstimateContext, type Json, zeroEstimate } from "@sweetspot/artifact";
import { downloadsOf, openRepository } from "@sweetspot/hub";
import { datasetTask } from "./sources/dataset.ts";
import { poolSizes } from "./tasks/pool-sizes.ts";
import { glue, isGlue } from "./sources/glue.ts";
import { encoderTokenizerJson, tokenizerFilesOf } from "./encoder-tokenizer.ts";
import { readTask } from "./data-stage.ts";
import { tokenizerFiles } from "@sweetspot/tokenizer";
import { textTokenizer } from "@sweetspot/tokenizer";
import type { DataSettings } from "./settings.ts";

/** Tokens per text if the data set is not fetched yet. */
const assumedTokens = 64;
/** The number of texts from which the length of the others is estimated. */
const sampled = 200;
/** Tokens of padded batches over tokens of the texts. */
const padding = 1.15;

/**
 * Estimates what the stage `data` needs, and the quantities that later stages need: how many examples
 * are trained on and held out, their tokens, and the longest. Once the stage has run with these settings
 * they are its own counts. Until then tokens are those of a sample or, if the texts are not fetched yet,
 * 64 each (or `maxLength` if less). The embedded tasks' sizes are known in advance.
 */
export async function estimateData({
  settings,
  facts,
}: EstimateContext<DataSettings>): Promise<Estimate> {
  const known = facts === undefined ? undefined : countsOf(facts);
  if (known !== undefined)
    return { ...zeroEstimate, diskBytes: splitBytes(known), quantities: known };
  const { pool, test, downloads, tokens = assumedTokens } = await sizesOf(settings);
  const count = (size: number, of: number) =>
    size < 1 ? Math.round(size * of) : Math.min(size, of);
  const { calibrationSize, thresholdSize, testSize, trainSize, maxLength } = settings;
  const tested = test === undefined ? count(testSize ?? 0.35, pool) : count(testSize ?? test, test);
  const held = count(calibrationSize, pool) + count(thresholdSize, pool);
  const rest = Math.max(1, pool - held - (test === undefined ? tested : 0));
  const quantities = {
    training: trainSize === "all" ? rest : Math.min(trainSize, rest),
    heldOut: held + tested,
    test: tested,
    tokens: Math.min(tokens * padding, maxLength),
    longest: maxLength,
  };
  return {
    ...zeroEstimate,
    diskBytes: splitBytes(quantities),
    downloads: { ...downloads, ...(await tokenizerDownloads(settings.encoder)) },
    quantities,
  };
}

/** What later stages need to know of the splits. */
interface SplitCounts extends Record<string, number> {
  training: number;
  heldOut: number;
  test: number;
  tokens: number;
  longest: number;
}

/** Size of the splits, ids and text, and of the tokenizer, in bytes: measured on the demo's. */
function splitBytes({ training, heldOut, tokens }: SplitCounts): number {
  return 5e5 + 7 * tokens * (training + heldOut);
}

/** The counts in an artifact's manifest. */
function countsOf(facts: Readonly<Record<string, Json>>): SplitCounts | undefined {
  const splits = facts["splits"] as Record<string, Record<string, number>> | undefined; // as the stage writes it
  const examples = (split: string) => splits?.[split]?.["examples"] ?? NaN;
  const counts = {
    training: examples("train"),
    heldOut: examples("calibration") + examples("threshold") + examples("test"),
    test: examples("test"),
    tokens: ((splits?.["train"]?.["tokens"] ?? NaN) / examples("train")) * padding,
    longest: splits?.["train"]?.["longest"] ?? NaN,
  };
  return Object.values(counts).every(Number.isFinite) ? counts : undefined;
}

/** How many examples and official test examples a task has; for GLUE as published. */
async function sizesOf({ task, encoder, maxLength }: DataSettings): Promise<{
  pool: number;
  test?: number;
  /** The mean per text. */
  tokens?: number;
  downloads: Record<string, number>;
}> {
  if (typeof task === "string") {
    const { examples, tokens } = poolSizes[task];
    return { pool: examples, tokens, downloads: {} };
  }
  if ("dataset" in task && "hub" in task.dataset) {
    const { hub } = task.dataset;
    const repository = await openRepository(task.dataset, { type: "dataset" });
    const { trainFiles, testFiles } = await datasetTask(repository, hub, task);
    const downloads = await downloadsOf(repository, [...trainFiles, ...testFiles]);
    const published = isGlue(hub) ? glue[task.config ?? ""]?.examples : undefined;
    if (published !== undefined) return { pool: published.train, test: published.test, downloads };
    if (Object.keys(downloads).length > 0) {
      // Unknown until it is fetched: assume some hundred bytes per example.
      const bytes = Object.values(downloads).reduce((a, b) => a + b, 0);
      const guess = Math.max(1000, Math.round(bytes / 200));
      return { pool: guess, test: Math.round(guess / 10), downloads };
    }
  }
  const { examples, test } = await readTask(task, () => {});
  const counts = { pool: examples.length, ...(test && { test: test.length }), downloads: {} };
  if (Object.keys(await tokenizerDownloads(encoder)).length > 0) return counts;
  const tokenizer = textTokenizer(await encoderTokenizerJson(encoder));
  const step = Math.max(1, Math.floor(examples.length / sampled));
  const lengths = examples
    .filter((_, i) => i % step === 0)
    .map((e) => tokenizer.encode(e.text, e.textPair, { maxLength }).inputIds.length);
  return { ...counts, tokens: lengths.reduce((a, b) => a + b, 0) / lengths.length };
}

async function tokenizerDownloads(
  encoder: DataSettings["encoder"],
): Promise<Record<string, number>> {
  if (typeof encoder === "string" || "folder" in encoder) return {};
  const repository = await openRepository(encoder, { type: "model" });
  return downloadsOf(repository, await tokenizerFiles(tokenizerFilesOf(repository)));
}

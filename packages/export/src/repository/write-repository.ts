import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type HostTensor,
  padRows,
  replaceFolder,
  rowCount,
  writeSafetensors,
} from "@sweetspot/artifact";
import { quantise } from "@sweetspot/compile";
import { type Checkpoint, longestText, publishedName } from "@sweetspot/model";
import { calibrate, quantiseOptions } from "../calibration.ts";
import type { CheckedSentences } from "../check-member.ts";
import { writeGraph } from "../write-segment.ts";
import { checkWhole, wholeFeeds } from "./check-whole.ts";
import { type ModelCard, modelCard } from "./model-card.ts";
import { repositoryConfig } from "./repository-config.ts";
import { tokenizerFiles } from "./repository-tokenizer.ts";
import { wholeGraph } from "./whole-graph.ts";

/** The contents of a repository. */
export interface RepositoryContent {
  checkpoint: Checkpoint;
  /** The content of `tokenizer.json`. */
  tokenizer: unknown;
  /** Training cut longer texts to this many tokens, special tokens included. */
  maxLength: number;
  /** Real text to check the written model on. */
  sentences: CheckedSentences;
  /** Texts of the training split, which show how large activations get in int8; see `calibrationSentences`. */
  calibration: CheckedSentences;
  card: ModelCard;
  /** The speed-accuracy curve, as the content of an SVG file. */
  curve?: string | undefined;
}

/** A written repository. */
export interface WrittenRepository {
  /** The files' paths in the folder. */
  files: readonly string[];
  /** The largest difference between the logits of `onnx/model.onnx` and the training definition's. */
  difference: number;
}

/**
 * Writes a trained model as a repository of the Hugging Face Hub: `config.json`,
 * `model.safetensors`, the tokenizer's three files, `onnx/model.onnx`, `onnx/model_quantized.onnx` in int8,
 * `README.md` and perhaps `curve.svg`. transformers.js loads it, as does Python's transformers if exits read the first token (see
 * `publishedClass`), and `readCheckpoint` reads the checkpoint back.
 *
 * The folder is whole or absent: it is written under a temporary name, its fp32 ONNX file is checked against
 * the training definition, and only then does it replace a repository of that name.
 *
 * @param folder a new folder, or one with a repository that was written before
 * @throws RangeError if logits differ from the training definition's by more than 1e-4, the model has
 *   2 GB or more, or `maxLength` is over the encoder's positions; TypeError if the tokenizer is not valid;
 *   Error with the fix if the folder holds something else or the disk cannot be written
 */
export async function writeRepository(
  folder: string,
  { checkpoint, tokenizer, maxLength, sentences, calibration, card, curve }: RepositoryContent,
): Promise<WrittenRepository> {
  const longest = longestText(checkpoint.config);
  if (maxLength > longest)
    throw new RangeError(
      `writeRepository: maxLength must be at most the encoder's ${longest} positions, got ${maxLength}`,
    );
  const {
    config: tokenizerConfig,
    specialTokens,
    padTokenId,
  } = tokenizerFiles(tokenizer, checkpoint.config, maxLength);
  const { operatingPoints, temperatures } = card.measured ?? {};
  const texts: Record<string, string> = {
    "README.md": modelCard(checkpoint, card, maxLength, curve !== undefined),
    "config.json": json(repositoryConfig(checkpoint, padTokenId, operatingPoints, temperatures)),
    "special_tokens_map.json": json(specialTokens),
    "tokenizer.json": `${JSON.stringify(tokenizer)}\n`,
    "tokenizer_config.json": json(tokenizerConfig),
    ...(curve !== undefined && { "curve.svg": curve }),
  };
  const [onnx, quantised] = ["onnx/model.onnx", "onnx/model_quantized.onnx"];
  let difference = 0;
  await replaceFolder(folder, async (temporary) => {
    await checkReplaceable(folder);
    await mkdir(join(temporary, dirname(onnx)), { recursive: true });
    for (const [name, text] of Object.entries(texts))
      await writeFile(join(temporary, name), text, { flush: true });
    await writeSafetensors(join(temporary, "model.safetensors"), publishedWeights(checkpoint), {
      metadata: { format: "pt" },
    });
    const graph = wholeGraph(checkpoint);
    await writeGraph(join(temporary, onnx), graph);
    difference = await checkWhole(checkpoint, join(temporary, onnx), sentences);
    const { inputIds, tokenTypeIds } = calibration;
    const alone = Array.from({ length: rowCount(inputIds) }, (_, i) =>
      wholeFeeds(graph, padRows(inputIds, [i], { tokenTypeIds })),
    );
    const { ranges } = await calibrate(graph, alone);
    await writeGraph(join(temporary, quantised), quantise(graph, ranges, quantiseOptions));
  });
  return {
    files: [...Object.keys(texts), "model.safetensors", onnx, quantised].sort(),
    difference,
  };
}

/** The weights under the names of `publishedClass`, in the checkpoint's order. */
function publishedWeights({ config, pooling, weights }: Checkpoint): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, tensor]) => [
      publishedName(name, config, config.numHiddenLayers, pooling),
      tensor,
    ]),
  );
}

/** @throws Error if the folder holds anything but a repository */
async function checkReplaceable(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (entries.length > 0 && !["config.json", "README.md", "onnx"].every((e) => entries.includes(e)))
    throw new Error(
      `cannot write ${folder}: it holds other files and no model; choose another folder, or empty it`,
    );
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

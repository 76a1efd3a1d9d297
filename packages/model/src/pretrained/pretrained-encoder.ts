import { didYouMean, readJson } from "@sweetspot/artifact";
import { downloadsOf, type EncoderSetting, openRepository, type Repository } from "@sweetspot/hub";
import { definitionOf, encoderConfig, encoderParameters } from "../encoders/definitions.ts";
import type { ParameterSpec } from "../encoders/layers/parameters.ts";
import type { Pooling } from "../exits/exit-definition.ts";
import { embeddedEncoders, type PretrainedEncoder } from "./embedded-encoders.ts";
import { openWeights, weightFiles } from "../weights/open-weights.ts";
import { repositoryPooling } from "./pooling-config.ts";
import { readParameters } from "../weights/read-parameters.ts";
import { storedNames } from "../weights/stored-names.ts";

/**
 * A pretrained encoder: `minilm` (all-MiniLM-L6, 6 layers, hidden size 384), `tiny` (random weights, 2
 * layers, for tests), or a folder or a repository of the Hub with an encoder as Hugging Face saves it:
 * `config.json` and the weights.
 *
 * Its exits read the first token, or the mean of all tokens if sentence-transformers' module Pooling says
 * that it was trained that way.
 *
 * @param log called with lines: a download's progress, and the unknown keys of `config.json`
 * @param pooling how exits read a layer; `encoder` for what the files say
 * @throws RangeError for an unknown name; Error, naming the file, if something is missing or not supported
 */
export async function pretrainedEncoder(
  source: EncoderSetting,
  log?: (line: string) => void,
  pooling: Pooling | "encoder" = "encoder",
): Promise<PretrainedEncoder> {
  if (typeof source !== "string") {
    const options = { type: "model" as const, ...(log && { log }) };
    return repositoryEncoder(await openRepository(source, options), log, pooling);
  }
  const make = Object.hasOwn(embeddedEncoders, source) ? embeddedEncoders[source] : undefined;
  if (make === undefined) {
    throw new RangeError(
      `encoder "${source}": unknown, ${didYouMean(source, Object.keys(embeddedEncoders))}; a folder begins with ./ or /, a model of the Hub is ORG/NAME`,
    );
  }
  const encoder = await make();
  return pooling === "encoder" ? encoder : { ...encoder, pooling };
}

/**
 * The encoder in a repository.
 *
 * @param log called with one line that lists the unknown keys of `config.json`
 * @param pooling how exits read a layer; `encoder` for what the files say
 * @throws Error, naming the file, if something is missing or not supported
 */
export async function repositoryEncoder(
  repository: Repository,
  log?: (line: string) => void,
  pooling: Pooling | "encoder" = "encoder",
): Promise<PretrainedEncoder> {
  const configFile = await repository.path("config.json");
  const config = encoderConfig(await readJson(configFile), configFile, log);
  return {
    config,
    pooling: pooling === "encoder" ? await repositoryPooling(repository) : pooling,
    async weights(depth, optional = []) {
      const weights = await openWeights(repository);
      try {
        const { prefix } = definitionOf(config);
        const storedName = storedNames(weights.names, prefix, repository.name);
        const has = ({ name }: ParameterSpec) => storedName(name) !== undefined;
        const specs = [...encoderParameters(config, depth), ...optional.filter(has)];
        return await readParameters(weights, specs, prefix, repository.name);
      } finally {
        await weights.close();
      }
    },
  };
}

/** The files of an encoder that must be downloaded, by name, with their bytes; none for a local one. */
export async function encoderDownloads(source: EncoderSetting): Promise<Record<string, number>> {
  if (typeof source === "string" || "folder" in source) return {};
  const repository = await openRepository(source, { type: "model" });
  const files = ["config.json", ...(await weightFiles(repository))];
  return downloadsOf(repository, files);
}

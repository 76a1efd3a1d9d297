import { z } from "zod";
import type { PositionTerm } from "./disentangled-attention.ts";
import { type DropoutSite, projectionSites } from "../layers/dropout-sites.ts";
import { embeddingsParameters, type ParameterSpec } from "../layers/parameters.ts";
import { type EncoderShape, encoderShape, only, shapeJson, shapeKeys } from "../encoder-shape.ts";
import type { EncoderDefinition, PoolerActivation } from "../encoder-kind.ts";

/** What all versions of DeBERTa have besides the shape of every encoder. */
export interface DebertaShape extends EncoderShape {
  /** Whether absolute positions are added to the embeddings. */
  positionBiasedInput: boolean;
  /** The largest distance that is distinguished from smaller ones. */
  maxRelativePositions: number;
  positionTerms: readonly PositionTerm[];
  poolerActivation: PoolerActivation;
}

const terms = z.array(z.enum(["c2p", "p2c"])).min(1);

/** The values in DeBERTa's `config.json`, of any version. */
interface DebertaJson {
  max_relative_positions: number;
  position_biased_input: boolean;
  pos_att_type: PositionTerm[];
  pooler_hidden_act: PoolerActivation;
  pooler_hidden_size: number | undefined;
  embedding_size: number | undefined;
  attention_head_size: number | undefined;
}

/** What the definitions of all versions of DeBERTa share. */
export const debertaCommon: Pick<
  EncoderDefinition<DebertaShape>,
  "prefix" | "longestText" | "poolerActivation" | "embeddingParameters"
> = {
  prefix: "deberta.",
  longestText: (config) => config.maxPositionEmbeddings,
  poolerActivation: (config) => config.poolerActivation,
  embeddingParameters: (config) =>
    embeddingsParameters(config, config.positionBiasedInput ? config.maxPositionEmbeddings : 0),
};

/** The keys that are read from DeBERTa's `config.json`, of any version. */
export const debertaKeys: typeof shapeKeys & {
  [K in keyof DebertaJson]: z.ZodType<DebertaJson[K]>;
} & {
  relative_attention: z.ZodType;
  pooler_dropout: z.ZodType;
} = {
  ...shapeKeys,
  layer_norm_eps: z.number().positive().default(1e-7),
  type_vocab_size: z
    .int()
    .nonnegative()
    .max(1 << 16)
    .default(0),
  relative_attention: only(true, "without relative positions it is no DeBERTa"),
  max_relative_positions: z
    .int()
    .max(1 << 20)
    .default(-1),
  position_biased_input: z.boolean().default(true),
  // "c2p|p2c" in old files.
  pos_att_type: z.preprocess(
    (value) =>
      typeof value === "string"
        ? value
            .toLowerCase()
            .split("|")
            .map((term) => term.trim())
        : value,
    terms,
  ),
  pooler_hidden_act: z.enum(["gelu", "tanh"]).default("gelu"),
  pooler_dropout: only(0, "the exits drop before the classifier alone").default(0),
  pooler_hidden_size: z.int().optional(),
  embedding_size: z.int().optional(),
  attention_head_size: z.int().optional(),
};

/**
 * The configuration that the keys give.
 *
 * @throws RangeError, naming the file, for a size that differs from the one it must equal
 */
export function debertaShape(
  c: Parameters<typeof encoderShape>[0] & DebertaJson,
  where: string,
): DebertaShape {
  const shape = encoderShape(c, where);
  const only = (key: string, value: number | undefined, wanted: number) => {
    if ((value ?? wanted) === wanted) return;
    throw new RangeError(`${where}: ${key} must be ${wanted} here, got ${value}`);
  };
  only("pooler_hidden_size", c.pooler_hidden_size, shape.hiddenSize);
  only("embedding_size", c.embedding_size, shape.hiddenSize);
  only("attention_head_size", c.attention_head_size, shape.hiddenSize / shape.numAttentionHeads);
  return {
    ...shape,
    positionBiasedInput: c.position_biased_input,
    maxRelativePositions:
      c.max_relative_positions < 1 ? c.max_position_embeddings : c.max_relative_positions,
    positionTerms: c.pos_att_type,
    poolerActivation: c.pooler_hidden_act,
  };
}

/** The config's keys for a configuration. */
export function debertaJson(config: DebertaShape): Record<string, unknown> {
  return {
    ...shapeJson(config),
    relative_attention: true,
    max_relative_positions: config.maxRelativePositions,
    position_biased_input: config.positionBiasedInput,
    pos_att_type: config.positionTerms,
    pooler_hidden_act: config.poolerActivation,
    pooler_hidden_size: config.hiddenSize,
    pooler_dropout: 0,
  };
}

/** The embeddings of relative positions, `[rows, C]`. */
export function relativeEmbeddings(config: DebertaShape, rows: number): ParameterSpec {
  return {
    name: "encoder.rel_embeddings.weight",
    shape: [rows, config.hiddenSize],
    role: "embedding",
  };
}

/** Dropout of a layer: on the relative positions, on the attention probabilities, then after both projections. */
export function debertaLayerSites(
  config: DebertaShape,
  layer: number,
  tokens: 1 | "T",
  relativeRows: number,
): DropoutSite[] {
  return [
    {
      name: `layer.${layer}.relative`,
      shape: [relativeRows, config.hiddenSize],
      probability: config.hiddenDropoutProb,
    },
    {
      name: `layer.${layer}.attention`,
      shape: [config.numAttentionHeads, "B", tokens, "T"],
      probability: config.attentionProbsDropoutProb,
    },
    ...projectionSites(config, layer, tokens),
  ];
}

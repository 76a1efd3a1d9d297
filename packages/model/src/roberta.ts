import { parse } from "@sweetspot/artifact";
import { z } from "zod";
import type { Architecture } from "./architecture.ts";
import { attentionBias } from "./attention.ts";
import {
  bertKeys,
  bertLayer,
  bertLayerParameters,
  bertLayerSites,
  type BertParams,
} from "./bert.ts";
import { embeddingsParameters, embedTokens } from "./embeddings.ts";
import {
  checkHeadDropout,
  checkKeys,
  type EncoderShape,
  encoderShape,
  shapeJson,
} from "./encoder-config.ts";

/** RoBERTa and XLM-R. */
export interface RobertaConfig extends EncoderShape {
  modelType: "roberta" | "xlm-roberta";
  /** The id of the padding token; the positions begin after it. */
  padTokenId: number;
}

const schema = z.looseObject({
  ...bertKeys,
  model_type: z.literal(["roberta", "xlm-roberta"]),
  pad_token_id: z.int().nonnegative().default(1),
});

/**
 * RoBERTa: BERT's layers; the first token's position is that after the padding token's id.
 *
 * Source: Liu et al., arXiv:1907.11692; XLM-R, arXiv:1911.02116; Hugging Face transformers,
 * models/roberta/modeling_roberta.py.
 */
export const roberta: Architecture<RobertaConfig, BertParams> = {
  prefix: "roberta.",
  readConfig(json, where) {
    const c = parse(schema, json, where);
    checkKeys(json, Object.keys(schema.shape), where);
    checkHeadDropout("classifier_dropout", c.classifier_dropout, c.hidden_dropout_prob, where);
    const shape = encoderShape(c, c.type_vocab_size, where);
    if (shape.maxPositionEmbeddings <= c.pad_token_id + 1) {
      throw new RangeError(
        `${where}: max_position_embeddings must be over pad_token_id + 1 = ${c.pad_token_id + 1}, where the positions begin, got ${shape.maxPositionEmbeddings}`,
      );
    }
    return { modelType: c.model_type, padTokenId: c.pad_token_id, ...shape };
  },
  configJson: (config) => ({
    model_type: config.modelType,
    ...shapeJson(config),
    position_embedding_type: "absolute",
    pad_token_id: config.padTokenId,
  }),
  longestText: (config) => config.maxPositionEmbeddings - config.padTokenId - 1,
  poolerActivation: () => "tanh",
  embeddingParameters: (config) => embeddingsParameters(config, config.maxPositionEmbeddings),
  sharedParameters: () => [],
  layerParameters: bertLayerParameters,
  embed: (p, inputs, config, dropout) =>
    dropout(
      "embeddings",
      embedTokens(p.embeddings, inputs, config.layerNormEps, config.padTokenId + 1),
    ),
  context: (_p, attentionMask) => ({ attentionMask, bias: attentionBias(attentionMask) }),
  layer: bertLayer,
  layerSites: bertLayerSites,
};

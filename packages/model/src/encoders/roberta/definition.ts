import { z } from "zod";
import type { EncoderDefinition } from "../encoder-kind.ts";
import { bertKeys, bertLayers } from "../bert/definition.ts";
import { readKeys } from "../unread-keys.ts";
import { type EncoderShape, encoderShape, shapeJson } from "../encoder-shape.ts";

/** RoBERTa and XLM-R. */
export interface RobertaConfig extends EncoderShape {
  modelType: "roberta" | "xlm-roberta";
  /** The id of the padding token; positions start after it. */
  padTokenId: number;
}

const schema = z.looseObject({
  ...bertKeys,
  model_type: z.literal(["roberta", "xlm-roberta"]),
  pad_token_id: z.int().nonnegative().default(1),
});

/** The definition of RoBERTa and XLM-R; `roberta` is their computation. */
export const robertaDefinition: EncoderDefinition<RobertaConfig> = {
  ...bertLayers,
  prefix: "roberta.",
  readConfig(json, where, warn) {
    const c = readKeys(schema, json, where, warn);
    const shape = encoderShape(c, where);
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
};

import type { EncoderComputation } from "../encoder-kind.ts";
import { bert, type BertParams } from "../bert/computation.ts";
import { embedTokens } from "../layers/embeddings.ts";
import type { RobertaConfig } from "./definition.ts";

/**
 * RoBERTa: BERT's layers; the first token's position is the padding token's id plus 1.
 *
 * Source: Liu et al., arXiv:1907.11692; XLM-R, arXiv:1911.02116; Hugging Face transformers,
 * models/roberta/modeling_roberta.py.
 */
export const roberta: EncoderComputation<RobertaConfig, BertParams> = {
  ...bert,
  embed: (p, inputs, config, dropout) =>
    dropout(
      "embeddings",
      embedTokens(p.embeddings, inputs, config.layerNormEps, config.padTokenId + 1),
    ),
};

export {
  type AdaptiveOptions,
  checkExitLayers,
  dropoutSites,
  embed,
  encoderLayer,
  exitAfter,
  exitLogits,
  exitParameters,
  hiddenStates,
  layerContext,
  sharedPoolerParameters,
} from "./adaptive-encoder.ts";
export type {
  EncoderComputation,
  EncoderDefinition,
  EncoderInputs,
  LayerContext,
} from "./architecture.ts";
export { computationOf, type EncoderParams, encoderParams } from "./architectures.ts";
export { attentionBias, selfAttention, type SelfAttentionParams } from "./attention.ts";
export type { BertParams } from "./bert.ts";
export type { BertConfig } from "./bert-config.ts";
export { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
export type { DebertaParams } from "./deberta.ts";
export type { DebertaConfig } from "./deberta-config.ts";
export type { DebertaV2Params } from "./deberta-v2.ts";
export type { DebertaV2Config } from "./deberta-v2-config.ts";
export { bucketedDistanceRows, type DistanceRows } from "./disentangled-attention.ts";
export type { Dropout, DropoutSite } from "./dropout-sites.ts";
export type { EncoderShape } from "./encoder-config.ts";
export {
  definitionOf,
  type EncoderConfig,
  encoderConfig,
  encoderConfigJson,
  encoderParameters,
  longestText,
  segmentParameters,
} from "./encoder-definitions.ts";
export {
  encoderDownloads,
  type EncoderSource,
  type PretrainedEncoder,
  pretrainedEncoder,
  repositoryEncoder,
} from "./pretrained-encoder.ts";
export {
  exitHead,
  type ExitParams,
  type PoolerActivation,
  type Pooling,
  poolings,
  tokensRead,
  type TokensRead,
} from "./exit-head.ts";
export { initialWeights } from "./initial-weights.ts";
export {
  dropout,
  gelu,
  layerNorm,
  type LayerNormParams,
  linear,
  type LinearParams,
} from "./layers.ts";
export { forwardOperations } from "./operations.ts";
export { openWeights, weightFiles, type Weights } from "./open-weights.ts";
export type { ParameterRole, ParameterSpec } from "./parameters.ts";
export { publishedClass, publishedName } from "./published-names.ts";
export type { RobertaConfig } from "./roberta-config.ts";
export type { LayerParams } from "./transformer-layer.ts";

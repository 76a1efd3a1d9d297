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
export type { Architecture, EncoderInputs, LayerContext } from "./architecture.ts";
export {
  architectureOf,
  type EncoderConfig,
  encoderConfig,
  encoderConfigJson,
  encoderParameters,
  type EncoderParams,
  encoderParams,
  longestText,
  segmentParameters,
} from "./architectures.ts";
export { attentionBias, selfAttention, type SelfAttentionParams } from "./attention.ts";
export type { BertConfig, BertParams } from "./bert.ts";
export { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
export type { DebertaConfig, DebertaParams } from "./deberta.ts";
export type { DebertaV2Config, DebertaV2Params } from "./deberta-v2.ts";
export { bucketedDistanceRows, type DistanceRows } from "./disentangled-attention.ts";
export type { Dropout, DropoutSite } from "./dropout-sites.ts";
export { type EncoderShape, readConfigFile } from "./encoder-config.ts";
export {
  encoderDownloads,
  type EncoderSource,
  type PretrainedEncoder,
  pretrainedEncoder,
  repositoryEncoder,
} from "./encoder.ts";
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
export type { ParameterRole, ParameterSpec } from "./parameters.ts";
export { publishedClass, publishedName } from "./published-names.ts";
export type { RobertaConfig } from "./roberta.ts";
export type { LayerParams } from "./transformer-layer.ts";

export { attentionBias, selfAttention, type SelfAttentionParams } from "./attention.ts";
export {
  bert,
  bertExit,
  bertHiddenStates,
  type BertInputs,
  bertLayer,
  type BertLayerParams,
  type BertOptions,
  type BertOutputs,
  type BertParams,
  checkExitLayers,
  embed,
} from "./bert.ts";
export { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
export { type BertConfig, bertConfig, bertConfigJson, readConfigFile } from "./config.ts";
export { type Dropout, type DropoutSite, dropoutSites } from "./dropout-sites.ts";
export { type PretrainedEncoder, pretrainedEncoder, readWeights } from "./encoder.ts";
export {
  exitHead,
  type ExitParams,
  type Pooling,
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
export {
  bertParams,
  encoderParameters,
  exitParameters,
  type ParameterRole,
  type ParameterSpec,
} from "./parameters.ts";

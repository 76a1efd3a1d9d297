// The entry for those who ask what an encoder is, and compute nothing: it loads no tfjs.
export { encoderParameters, type EncoderConfig, longestText } from "./encoders/definitions.ts";
export { forwardOperations } from "./encoders/forward-operations.ts";
export type { PretrainedEncoder } from "./weights/embedded-encoders.ts";
export {
  encoderDownloads,
  type EncoderSource,
  pretrainedEncoder,
} from "./weights/pretrained-encoder.ts";

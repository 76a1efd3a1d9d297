// What planning reads of an encoder: it computes nothing and loads no tfjs.
export { encoderParameters, type EncoderConfig, longestText } from "./encoders/definitions.ts";
export { forwardOperations } from "./encoders/forward-operations.ts";
export type { PretrainedEncoder } from "./weights/embedded-encoders.ts";
export { encoderDownloads, pretrainedEncoder } from "./weights/pretrained-encoder.ts";

// What planning reads of an encoder: it computes nothing and loads no tfjs.
export { encoderParameters, type EncoderConfig, longestText } from "./encoders/definitions.ts";
export { forwardOperations } from "./encoders/forward-operations.ts";
export type { PretrainedEncoder } from "./pretrained/embedded-encoders.ts";
export { encoderDownloads, pretrainedEncoder } from "./pretrained/pretrained-encoder.ts";

export { type Device, deviceError, devices } from "./device.ts";
export { checkDevice, openSession, type SessionOptions } from "./session.ts";
export { InferenceSession, Tensor } from "onnxruntime-node";
export { onnxruntimeVersion } from "./session.ts";

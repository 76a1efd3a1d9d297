export { type Device, devices } from "./devices.ts";
export { checkDevice, onnxruntimeVersion, openSession, type SessionOptions } from "./session.ts";
export { InferenceSession, Tensor } from "onnxruntime-node";

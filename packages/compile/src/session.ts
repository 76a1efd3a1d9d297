export { compileLoop } from "./loop/compile-loop.ts";
export { eagerLoop, type EagerOptions } from "./loop/eager-loop.ts";
export type { HostArray, HostArrays, Sizes } from "./session/host-arrays.ts";
export { nativeBackend } from "./loop/native-backend.ts";
export {
  compile,
  type CompiledFunction,
  type SessionOptions,
  startSession,
} from "./session/start-session.ts";
export type { LoopDefinition, StepLoop } from "./loop/step-loop.ts";

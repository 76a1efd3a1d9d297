export { compileLoop } from "./compile-loop.ts";
export { eagerLoop, type EagerOptions } from "./eager-loop.ts";
export type { HostArray, HostArrays, Sizes } from "./host-arrays.ts";
export { nativeBackend } from "./native-backend.ts";
export {
  compile,
  type CompiledFunction,
  type SessionOptions,
  startSession,
} from "./start-session.ts";
export type { LoopDefinition, LoopSizes, StepLoop } from "./step-loop.ts";

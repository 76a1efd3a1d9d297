import { residentLoop } from "./resident-loop.ts";
import { scannedLoop } from "./scanned-loop.ts";
import type { SessionOptions } from "../session/start-session.ts";
import {
  checkDefinition,
  checkedLoop,
  type LoopDefinition,
  type StepLoop,
  traceStep,
} from "./step-loop.ts";
import { optimise } from "../optimise/optimise.ts";
import type { TensorSpecs } from "../trace/trace.ts";

/**
 * Compiles a step into a loop whose state stays inside ONNX Runtime for all the steps of a run; on
 * `webgpu`, in the device's memory from the first run to the last.
 *
 * @throws as `trace`, `scanLoop` and `openSession` do; RangeError if the initial state or the step
 *   leaves out a part of the state or has one that is none, or a part has another size
 */
export async function compileLoop<const S extends TensorSpecs, const I extends TensorSpecs>(
  definition: LoopDefinition<S, I>,
  options: SessionOptions = {},
): Promise<StepLoop> {
  // The type parameters give callers the names; in here any name will do.
  const any = definition as unknown as LoopDefinition;
  checkDefinition(any);
  const open = options.device === "webgpu" ? residentLoop : scannedLoop;
  return checkedLoop(any, await open(any, optimise(traceStep(any), options), options));
}

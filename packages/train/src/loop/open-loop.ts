import {
  compileLoop,
  eagerLoop,
  type LoopDefinition,
  nativeBackend,
  type StepLoop,
} from "@sweetspot/compile/session";
import type { TrainSettings } from "../settings.ts";

/** The device and the engine that run the steps. */
export type Machinery = Pick<TrainSettings, "device" | "engine">;

/** A training has its cores to itself: a pipeline that runs several cells at once divides them. */
const spinMicroseconds = 50;

/**
 * Opens the loop of a training on a device and an engine. The caller disposes of it.
 *
 * @throws Error that says what to install if the device or the engine is not available
 */
export async function openLoop(
  definition: LoopDefinition,
  { device = "cpu", engine = "compiled" }: Partial<Machinery>,
): Promise<StepLoop> {
  if (engine === "eager") return eagerLoop(definition, { backend: await nativeBackend(device) });
  return compileLoop(definition, { device, spinMicroseconds });
}

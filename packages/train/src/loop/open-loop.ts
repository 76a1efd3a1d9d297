import {
  compileLoop,
  eagerLoop,
  type LoopDefinition,
  nativeBackend,
  type StepLoop,
} from "@sweetspot/compile/session";
import type { TrainSettings } from "../settings.ts";

/** What runs the steps. */
export type Machinery = Pick<TrainSettings, "device" | "engine">;

/** A training has its cores to itself: a pipeline that runs several cells at once shares them out. */
const spinMicroseconds = 50;

/**
 * The loop of a training on the device and by the engine that were asked for. Whoever opens it disposes
 * of it.
 *
 * @throws Error that says what to install if one is not available
 */
export async function openLoop(
  definition: LoopDefinition,
  { device = "cpu", engine = "compiled" }: Partial<Machinery>,
): Promise<StepLoop> {
  if (engine === "eager") return eagerLoop(definition, { backend: await nativeBackend(device) });
  return compileLoop(definition, { device, spinMicroseconds });
}

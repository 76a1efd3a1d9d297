import {
  compileLoop,
  eagerLoop,
  type LoopDefinition,
  nativeBackend,
  type StepLoop,
} from "@sweetspot/compile/session";
import type { TrainSettings } from "./stage.ts";

/** What runs the steps. */
export type Machinery = Pick<TrainSettings, "device" | "engine">;

/**
 * The loop of a training on the device and by the engine that were asked for.
 *
 * @throws Error that says what to install if they are not to be had
 */
export async function openLoop(
  definition: LoopDefinition,
  { device = "cpu", engine = "compiled" }: Partial<Machinery>,
): Promise<StepLoop> {
  return engine === "compiled"
    ? compileLoop(definition, { device })
    : eagerLoop(definition, { backend: await nativeBackend(device) });
}

import type { MaskSource } from "./dropout-masks.ts";
import type { Objective } from "./objective.ts";
import type { Machinery } from "./open-loop.ts";
import type { StateLayout } from "./state-layout.ts";

/** What a training does in another way where another machine runs its steps. */
export interface Arrangement {
  masks: MaskSource;
  layout: StateLayout;
  /** The most lengths that batches are padded to. */
  mostLengths: number;
  /** The most steps of a run. */
  mostSteps: number;
}

/**
 * How a training is arranged for its device.
 *
 * A card computes a step faster than the host makes its masks, so it makes them itself. ONNX Runtime's
 * CUDA provider starts some 2,000 kernels a step, which takes longer than most of them run, and copies
 * the whole state in and out at each run: there the parameters lie together, all batches have one
 * length, and a run holds many steps. On WebGPU the state stays on the device.
 */
export function arrangement(
  { device = "cpu", engine = "compiled" }: Partial<Machinery>,
  { course }: Pick<Objective, "course">,
): Arrangement {
  if (device === "cpu" || engine === "eager")
    // Each length costs a run of its own now and then; more would save little padding. Each step of a
    // run brings its masks along.
    return { masks: "host", layout: "apart", mostLengths: 8, mostSteps: 64 };
  const some = { masks: "graph", mostSteps: 512 } as const;
  if (device === "webgpu") return { ...some, layout: "apart", mostLengths: 8 };
  // A rate for each part would take a number for each number of the vector.
  const rates = course?.({ step: 0, totalSteps: 2, exitLayers: [1, 2] }).rates;
  return { ...some, layout: rates === undefined ? "together" : "apart", mostLengths: 1 };
}

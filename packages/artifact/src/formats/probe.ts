import { z } from "zod";
import type { Artifact } from "../folder/folder.ts";
import { readJsonAs } from "../json-file.ts";
import { type HostTensor, readSafetensors } from "../safetensors/safetensors.ts";

/** How a linear classifier reads its layer: the first token's state, or the mean of all tokens. */
export type LinearPooling = "first-token-linear" | "mean";

/** One linear classifier on a layer of the frozen encoder. */
export interface LayerProbe {
  /** The layer that it reads, counted from 1. */
  exitLayer: number;
  pooling: LinearPooling;
  /** The L2 penalty, times the number of examples (1 / C in scikit-learn), chosen by cross-validation. */
  penalty: number;
  /** Means over the folds' held-out parts of the training split. */
  crossValidation: { loss: number; accuracy: number };
}

/**
 * `probe.json` of the stage `probe`: linear classifiers on the frozen encoder's layers. `heads.safetensors`
 * has each as `POOLING.LAYER.weight` `[K, C]` and `.bias` `[K]`; beside it are the predictions on the
 * held-out splits (`Predictions`), at each layer of the pooling with the lower loss.
 */
export interface ProbeFile {
  format: "sweetspot-probe-1";
  /** The number of training examples that the probes were fitted on. */
  examples: number;
  /** By layer, then by pooling. */
  probes: LayerProbe[];
}

const count = z.int().positive();

/** The schema of `probe.json`. */
export const probeSchema: z.ZodType<ProbeFile> = z.strictObject({
  format: z.literal("sweetspot-probe-1"),
  examples: count,
  probes: z
    .array(
      z.strictObject({
        exitLayer: count,
        pooling: z.enum(["first-token-linear", "mean"]),
        penalty: z.number().positive(),
        crossValidation: z.strictObject({
          loss: z.number().nonnegative(),
          accuracy: z.number().min(0).max(1),
        }),
      }),
    )
    .min(1),
});

/** A linear classifier: float32 `weight` `[K, C]` and `bias` `[K]`. */
export interface LinearHead {
  weight: HostTensor;
  bias: HostTensor;
}

/** The names of a probe's tensors in `heads.safetensors`. */
export function probeTensors({ exitLayer, pooling }: Pick<LayerProbe, "exitLayer" | "pooling">): {
  weight: string;
  bias: string;
} {
  const name = `${pooling}.${exitLayer}`;
  return { weight: `${name}.weight`, bias: `${name}.bias` };
}

/**
 * Reads the probes of some layers, as linear classifiers on the layers' features.
 *
 * @throws RangeError that names the file if it lacks one; Error or TypeError as `readJsonAs` and
 *   `readSafetensors`
 */
export async function readProbes(
  probe: Artifact,
  exitLayers: readonly number[],
  pooling: LinearPooling,
): Promise<Record<number, LinearHead>> {
  const file = probe.path("probe.json");
  const { probes } = await readJsonAs(file, probeSchema);
  const tensors = await readSafetensors(probe.path("heads.safetensors"));
  return Object.fromEntries(
    exitLayers.map((exitLayer) => {
      const names = probeTensors({ exitLayer, pooling });
      const [weight, bias] = [tensors[names.weight], tensors[names.bias]];
      const known = probes.some((p) => p.exitLayer === exitLayer && p.pooling === pooling);
      if (!known || weight === undefined || bias === undefined)
        throw new RangeError(
          `${file}: no probe of layer ${exitLayer} with pooling ${pooling}; run the stage probe with this exit layer`,
        );
      return [exitLayer, { weight, bias }];
    }),
  );
}

import type { Artifact } from "@sweetspot/artifact";

/**
 * The inputs of the stages `predict` and `time`: held-out splits, and a bundle made from the same data,
 * so that no training example is tested.
 *
 * @throws RangeError if one is missing or they do not belong together
 */
export function stageInputs(
  stage: string,
  { data, export: exported }: Readonly<Record<string, Artifact>>,
): { data: Artifact; exported: Artifact } {
  if (data === undefined || exported === undefined)
    throw new RangeError(`${stage}: expected the inputs data and export`);
  if (exported.manifest.inputs["data"] !== data.sha256) {
    throw new RangeError(
      `${stage}: ${exported.dir} was not exported with ${data.dir}; pass the data that it was trained on`,
    );
  }
  return { data, exported };
}

import type { Artifact } from "@sweetspot/artifact";

/**
 * What the stages `predict` and `time` read: held-out splits, and a bundle made from the same data,
 * so that no example is tested that it was trained on.
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

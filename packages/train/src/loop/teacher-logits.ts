import { type Artifact, readSafetensors } from "@sweetspot/artifact";

/**
 * The logits of a teacher's last exit on the training split, `[N, K]`, from its predictions.
 *
 * @throws RangeError if they were made from other data, or their training split is missing or has
 *   another size or other labels
 */
export async function teacherLogits(
  predictions: Artifact,
  data: Artifact,
  { examples, classes }: { examples: number; classes: number },
): Promise<Float32Array> {
  const { dir, manifest } = predictions;
  if (manifest.inputs["data"] !== data.sha256)
    throw new RangeError(`train: the teacher's predictions in ${dir} were made from other data`);
  if (manifest.files["train.safetensors"] === undefined) {
    throw new RangeError(
      `train: the teacher's predictions in ${dir} hold no training split; set training: true for the stage predict`,
    );
  }
  const file = predictions.path("train.safetensors");
  const logits = (await readSafetensors(file))["logits"];
  const size = examples * classes;
  const [exits = 0, ...rest] = logits?.shape ?? [];
  if (!(logits?.data instanceof Float32Array) || rest.join() !== `${examples},${classes}`) {
    throw new RangeError(
      `${file}: tensor "logits" must be float32 [exits, ${examples}, ${classes}], got [${logits?.shape ?? ""}]`,
    );
  }
  return logits.data.subarray((exits - 1) * size, exits * size);
}

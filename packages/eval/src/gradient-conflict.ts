import {
  type Artifact,
  type GradientConflict,
  gradientConflictSchema,
  readJsonAs,
} from "@sweetspot/artifact";

/** Reads the gradient conflict of each of a training's models, in the cascade's order; undefined if it was not measured. */
export async function readGradientConflict(
  train: Artifact,
): Promise<GradientConflict[] | undefined> {
  const measured: GradientConflict[] = [];
  for (let member = 1; ; member++) {
    const file = `member-${member}/gradient-conflict.json`;
    if (train.manifest.files[file] === undefined) break;
    measured.push(await readJsonAs(train.path(file), gradientConflictSchema));
  }
  return measured.length === 0 ? undefined : measured;
}

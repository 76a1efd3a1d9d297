import {
  type Artifact,
  type GradientConflict,
  gradientConflictSchema,
  readJsonAs,
} from "@sweetspot/artifact";

/** What a training measured of each of its models, in the cascade's order; undefined if nothing. */
export async function readGradientConflict(
  train: Artifact,
): Promise<GradientConflict[] | undefined> {
  const told: GradientConflict[] = [];
  for (let member = 1; ; member++) {
    const file = `member-${member}/gradient-conflict.json`;
    if (train.manifest.files[file] === undefined) break;
    told.push(await readJsonAs(train.path(file), gradientConflictSchema));
  }
  return told.length === 0 ? undefined : told;
}

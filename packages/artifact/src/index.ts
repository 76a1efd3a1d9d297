export { diskError } from "./disk-error.ts";
export { type Artifact, openArtifact, writeArtifact } from "./folder.ts";
export { sha256, sha256OfFile } from "./hash.ts";
export { type FileEntry, type Json, type Manifest } from "./manifest.ts";
export { parse } from "./parse.ts";
export { type PinnedFile, resolvePinnedFile } from "./pinned-file.ts";
export { padRows, type PaddedBatch, type Ragged, ragged, row, rowCount } from "./ragged.ts";
export {
  type HostTensor,
  type LazyTensor,
  readSafetensors,
  type SafetensorsDtype,
  SafetensorsFile,
  type TensorEntry,
  writeSafetensors,
} from "./safetensors.ts";
export { runStage, type Stage, type StageCall, type StageContext } from "./stage.ts";

export { type Arguments, findPipeline, type Found, readArguments } from "./arguments.ts";
export { type CodeDigest, CodeDigester, digestCode } from "./code-digest.ts";
export { command, type Surroundings } from "./command.ts";
export {
  checkPipelineFile,
  type PipelineFile,
  type Sections,
  type Settings,
  type TaskColumns,
} from "./pipeline-file.ts";
export { type Cell, type KnownStage, planCells } from "./plan.ts";
export { type Axis, type Place, type StageEntry, stages } from "./stages.ts";
export { parseYaml, readYaml, type YamlSource } from "./yaml-source.ts";

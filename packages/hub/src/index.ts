export type { HubOptions } from "./transfer/client.ts";
export { downloadsOf } from "./downloads-of.ts";
export { openFolder } from "./open-folder.ts";
export { openHub } from "./open-hub.ts";
export { openRepository, type OpenOptions } from "./open-repository.ts";
export { pinRevision } from "./pin-revision.ts";
export { type Push, pushFolder } from "./push-folder.ts";
export type { Repository } from "./repository.ts";
export {
  type EncoderSetting,
  type FolderSetting,
  type HubSetting,
  type RepositorySetting,
  repositorySetting,
} from "./repository-setting.ts";
export { repositorySha256 } from "./repository-sha256.ts";
export {
  type HubReference,
  parseReference,
  type RepositoryReference,
} from "./repository-reference.ts";

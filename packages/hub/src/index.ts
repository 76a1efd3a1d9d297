export { openFolder } from "./open-folder.ts";
export { openRepository, type OpenOptions } from "./open-repository.ts";
export type { Repository } from "./repository.ts";
export {
  type FolderSetting,
  type HubSetting,
  type RepositorySetting,
  repositorySetting,
} from "./repository-setting.ts";
export { repositorySha256 } from "./repository-sha256.ts";

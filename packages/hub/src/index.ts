export { openFolder } from "./open-folder.ts";
export type { Repository } from "./repository.ts";

/** A folder of files that hold a model or a data set: on disk, or on the Hub at one revision. */
export interface Repository {
  /** Its name in errors: the folder's path, or `ORG/NAME@REVISION`. */
  name: string;
  /** The paths of its files, relative to it, with `/`, sorted. */
  files(): Promise<readonly string[]>;
  /** The size of one file, and whether it is on this disk; fetches nothing. @throws Error as `path` */
  about(file: string): Promise<{ bytes: number; here: boolean }>;
  /**
   * The path of one file on disk. A file of the Hub is fetched unless it is in the cache.
   *
   * @throws Error that names the repository and the file if it does not exist or cannot be fetched
   */
  path(file: string): Promise<string>;
}

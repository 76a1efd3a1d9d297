/** A folder of files with a model or a data set: on disk, or on the Hub at one revision. */
export interface Repository {
  /** How errors call it: the folder's path, or `ORG/NAME@REVISION`. */
  name: string;
  /** The paths of its files, relative to it, with `/`, sorted. */
  files(): Promise<readonly string[]>;
  /** Bytes of one file, and whether they are on this disk; fetches nothing. @throws Error as `path` */
  about(file: string): Promise<{ bytes: number; here: boolean }>;
  /**
   * The path on disk of one file; of the Hub, fetched unless the cache has it.
   *
   * @throws Error that names the repository and the file if there is none, or it cannot be fetched
   */
  path(file: string): Promise<string>;
}

/** The source of a tokenizer's files: a folder, a repository of a hub, or files that a browser fetched. */
export interface TokenizerFiles {
  /** Its name in errors. */
  name: string;
  /** The names of its files. */
  files(): Promise<readonly string[]>;
  /** One file's bytes. @throws Error that names the file if it cannot be read */
  read(file: string): Promise<Uint8Array>;
}

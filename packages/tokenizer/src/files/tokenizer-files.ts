/** Where the files of a tokenizer are: a folder, a repository of a hub, what a browser fetched. */
export interface TokenizerFiles {
  /** What it is called in errors. */
  name: string;
  /** The names of its files. */
  files(): Promise<readonly string[]>;
  /** One file's bytes. @throws Error that names the file if it cannot be read */
  read(file: string): Promise<Uint8Array>;
}

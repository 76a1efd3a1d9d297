/** One labelled example, raw. */
export interface Example {
  text: string;
  /** The second text of a sentence pair. */
  textPair?: string;
  label: string;
  /** Examples of one group (a document, a word, near copies of a text) never lie in two splits. */
  group?: string;
}

/** What was read from a task's files. */
export interface Source {
  /** Names it in errors: the file, or the embedded task. */
  name: string;
  examples: Example[];
  /** The official test examples, where the task has such; the other splits are made of `examples`. */
  test?: Example[];
  /** The classes in the order of the logits, where the source says so. */
  labels?: readonly string[];
  /** Rows that were left out because they have no label. */
  withoutLabel: number;
  /** Of a person's own file, in hexadecimal. */
  sha256?: string;
}

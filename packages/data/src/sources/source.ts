/** One labelled example, raw. */
export interface Example {
  text: string;
  /** The second text of a sentence pair. */
  textPair?: string;
  label: string;
  /** Examples of one group (a document, a word, near copies of a text) never lie in two splits. */
  group?: string;
}

/** Something about the data that whoever trains on it should know. */
export type DataNote = {
  /** Tells notes of one kind from others, such as `label-spellings`. */
  kind: string;
  message: string;
  /** How many examples, or rows, it is about. */
  count?: number;
};

/** What was read from a task's files. */
export interface TaskExamples {
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
  /** What reading found. */
  notes?: readonly DataNote[];
  /**
   * Copies are judged by the text alone, not by the ids too: of the embedded tasks, whose pools and
   * splits are fixed.
   */
  copiesByText?: true;
}

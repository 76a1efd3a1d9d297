/** One labelled example, raw. */
export interface Example {
  text: string;
  /** The second text of a sentence pair. */
  textPair?: string;
  label: string;
  /** Examples of one group (a document, a word, near copies of a text) are never in two splits. */
  group?: string;
}

/** Something about the data to know before training on it. */
export type DataNote = {
  /** The kind of note, such as `label-spellings`. */
  kind: string;
  message: string;
  /** How many examples or rows it concerns. */
  count?: number;
};

/** The labelled text of a task, as read from its files. */
export interface TaskExamples {
  /** Its name in errors: the file, or the embedded task. */
  name: string;
  examples: Example[];
  /** The official test examples, if the task has any; the other splits are made from `examples`. */
  test?: Example[];
  /** The classes in the order of the logits, if the files define it. */
  labels?: readonly string[];
  /** What the task is judged by, by its name in the package `eval`; accuracy if absent. */
  metric?: string;
  /** Rows left out because they have no label. */
  withoutLabel: number;
  /** The hash of your own file, in hexadecimal. */
  sha256?: string;
  /** Notes made while reading. */
  notes?: readonly DataNote[];
  /** Find copies by text only, not by ids too: for the embedded tasks, whose splits are fixed. */
  copiesByText?: true;
}

/** A classification task of GLUE: its columns, its sizes, and the split to test on. */
export interface GlueTask {
  text: string;
  textPair?: string;
  /** GLUE's own test splits have no public labels. */
  testSplit: string;
  /** What GLUE judges it by, by its name in the package `eval`; accuracy if absent. */
  metric?: "mcc" | "f1";
  /** The number of examples of the training split and of `testSplit`. */
  examples: { train: number; test: number };
}

const task = (
  [text, textPair]: [text: string, textPair?: string],
  train: number,
  test: number,
  {
    testSplit = "validation",
    metric,
  }: { testSplit?: string; metric?: NonNullable<GlueTask["metric"]> } = {},
): GlueTask => ({
  text,
  ...(textPair && { textPair }),
  testSplit,
  ...(metric && { metric }),
  examples: { train, test },
});

/**
 * GLUE's classification tasks, by configuration.
 *
 * Source: Wang et al., arXiv:1804.07461, with its metrics (table 1); sizes and columns from the card of the data set nyu-mll/glue.
 */
export const glue: Readonly<Record<string, GlueTask>> = {
  cola: task(["sentence"], 8551, 1043, { metric: "mcc" }),
  sst2: task(["sentence"], 67_349, 872),
  mrpc: task(["sentence1", "sentence2"], 3668, 408, { metric: "f1" }),
  qqp: task(["question1", "question2"], 363_846, 40_430, { metric: "f1" }),
  mnli: task(["premise", "hypothesis"], 392_702, 9815, { testSplit: "validation_matched" }),
  qnli: task(["question", "sentence"], 104_743, 5463),
  rte: task(["sentence1", "sentence2"], 2490, 277),
  wnli: task(["sentence1", "sentence2"], 635, 71),
};

/** Whether a repository's name is GLUE's. */
export function isGlue(name: string): boolean {
  return /(^|\/)glue$/i.test(name);
}

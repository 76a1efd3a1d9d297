import type { LabelProblem, Mistake, Mistakes, RawExample } from "@sweetspot/artifact";
import { argmax, softmax } from "../exit-rules/confidence.ts";
import type { SplitLogits } from "../predictions.ts";
import { labelProblems } from "./label-problems.ts";

/** How many examples of each kind are kept. */
const mostShown = 20;
/** Longer texts are cut: so many characters tell what a text is about. */
const mostCharacters = 400;

/** A split that no training step saw. */
export interface HeldOutSplit extends Pick<SplitLogits, "logits" | "labels"> {
  split: string;
  examples: readonly RawExample[];
}

/**
 * The examples to look at: the full model's most confident errors on the test split, and the labels of
 * all held-out splits that are probably wrong (`labelProblems`).
 *
 * @param splits with the logits of every exit; one of them is `test`
 * @param labels their names, in the order of the logits
 * @param temperature what the full model's logits are divided by
 */
export function findMistakes(
  splits: readonly HeldOutSplit[],
  labels: readonly string[],
  temperature = 1,
): Mistakes {
  const rows = splits.flatMap(({ split, examples, logits, labels: given }) => {
    const full = logits.at(-1) ?? new Float32Array();
    return examples.map((example, i) => {
      const row = full.subarray(i * labels.length, (i + 1) * labels.length);
      return { split, example, label: given[i] ?? 0, probabilities: softmax(row, temperature) };
    });
  });
  const mistake = ({ example, probabilities }: (typeof rows)[number], answer: number): Mistake => ({
    text: cut(example.text),
    ...(example.textPair !== undefined && { textPair: cut(example.textPair) }),
    label: example.label,
    answer: labels[answer] ?? "",
    confidence: probabilities[answer] ?? NaN,
  });
  const errors = rows
    .filter(({ split }) => split === "test")
    .map((row) => ({ row, answer: argmax(row.probabilities) }))
    .filter(({ row, answer }) => answer !== row.label)
    .map(({ row, answer }) => mistake(row, answer))
    .sort((a, b) => b.confidence - a.confidence);
  const suspects = labelProblems(
    rows.map((row) => row.probabilities),
    rows.map((row) => row.label),
  );
  return {
    format: "sweetspot-mistakes-1",
    errors: { count: errors.length, first: errors.slice(0, mostShown) },
    labels: {
      count: suspects.length,
      of: rows.length,
      first: suspects.slice(0, mostShown).flatMap(({ example, suggestion }): LabelProblem[] => {
        const row = rows[example];
        if (row === undefined) return [];
        const labelConfidence = row.probabilities[row.label] ?? NaN;
        return [{ ...mistake(row, suggestion), labelConfidence, split: row.split }];
      }),
    },
  };
}

/** A text of at most so many characters; never half of one. */
function cut(text: string): string {
  const characters = Array.from(text);
  return characters.length <= mostCharacters
    ? text
    : `${characters.slice(0, mostCharacters - 1).join("")}…`;
}

// Measures the embedded tasks and writes the tables and one example of each task into docs/tasks.md.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";
import { baselineOf } from "@sweetspot/data";
import {
  type EmbeddedTask,
  embeddedTasks,
  encoderTokenizerJson,
  type Example,
  type Prepared,
  prepareSplits,
  readEmbeddedTask,
  type TaskExamples,
} from "@sweetspot/data";
import { taskLeaks } from "@sweetspot/data/testing";
import { textTokenizer } from "@sweetspot/tokenizer";
import { table, withParts } from "./markdown.ts";
import { help } from "./help.ts";

help(
  `npm run update:tasks\n\nMeasures the embedded tasks and writes the tables into docs/tasks.md.`,
);

const root = join(import.meta.dirname, "..");
const page = join(root, "docs/tasks.md");
/** Left out: too small for these splits, and part of `sentiment`. */
const sites: readonly EmbeddedTask[] = ["amazon", "imdb", "yelp"];
const sizes = { calibrationSize: 300, thresholdSize: 300, testSize: 500, maxLength: 128, seed: 1 };

const tokenizer = textTokenizer(await encoderTokenizerJson("minilm"));
const prepare = (source: TaskExamples, trainSize: number) =>
  prepareSplits(source, tokenizer, { ...sizes, trainSize });

const percent = (share: number) => (100 * share).toFixed(1);

/** The number of examples of each class, shortened if all are equal. */
function perLabel({ counts }: Prepared): string {
  const numbers = Object.values(counts.perLabel);
  const [first = 0] = numbers;
  if (numbers.every((n) => n === first)) return `${numbers.length} × ${first}`;
  return numbers.join(", ");
}

function wordsOf({ text, textPair, label }: Example): string {
  const texts = textPair === undefined ? [text] : [text, textPair];
  const cut = (t: string) => (t.length > 240 ? `${t.slice(0, 240)} …` : t);
  return `${texts.map((t) => `“${cut(t).trim()}”`).join(" + ")}: \`${label}\``;
}

const sizeRows: (string | number)[][] = [];
const leakRows: (string | number)[][] = [];
const examples: string[] = [];
for (const task of embeddedTasks.filter((task) => !sites.includes(task))) {
  const source = await readEmbeddedTask(task);
  const few = prepare(source, 500);
  const more = prepare(source, 1000);
  const { counts } = few;
  const [small, large] = [few, more].map((p) => baselineOf(p.splits, p.labels).bagOfWords.accuracy);
  const leaks = taskLeaks(few.splits);
  sizeRows.push([
    `\`${task}\``,
    counts.examples,
    perLabel(few),
    (counts.tokens / counts.examples).toFixed(1),
    ...[leaks.majority, small ?? NaN, large ?? NaN].map(percent),
  ]);
  leakRows.push([
    `\`${task}\``,
    leaks.nearDuplicates,
    leaks.sharedGroups,
    `${percent(leaks.singleWord)} (${leaks.word})`,
    percent(leaks.length),
  ]);
  const example = source.examples.find((e) => e.label === few.labels[0]);
  if (example !== undefined) examples.push(`- \`${task}\`: ${wordsOf(example)}`);
  console.log(`${task}: ${counts.examples} examples`);
}

const made = {
  sizes: table(
    ["task", "examples", "per class", "tokens", "majority", "trained on 500", "trained on 1,000"],
    sizeRows,
  ),
  leaks: table(["task", "near duplicates", "shared groups", "one word", "length"], leakRows),
  examples: examples.join("\n"),
};
await writeFile(page, withParts(await readFile(page, "utf8"), made));
await $({ cwd: root, quiet: true })`npx oxfmt ${page}`;

import { sha256 } from "@sweetspot/artifact";
import { describe, expect, test } from "vitest";
import { type TaskLeaks, taskLeaks } from "../testing/task-leaks.ts";
import { sharesWord } from "./example-gloss.ts";
import { sharesStem } from "./gloss-match.ts";
import { poolSizes } from "./pool-sizes.ts";
import { type EmbeddedTask, embeddedTasks, readEmbeddedTask } from "./embedded-tasks.ts";
import { pairTasks } from "../encoder-limits.ts";
import { prepareSplits } from "../splits/prepare.ts";
import type { Example } from "../sources/examples.ts";
import { encoderTokenizerJson } from "../encoder-tokenizer.ts";
import { textTokenizer } from "@sweetspot/tokenizer";
import { wordsOf } from "../baseline/words.ts";

const tokenizer = textTokenizer(await encoderTokenizerJson("minilm"));

const pools = new Map<EmbeddedTask, Promise<Example[]>>();

/** Makes each pool once. */
function poolOf(task: EmbeddedTask): Promise<Example[]> {
  const pool = pools.get(task) ?? readEmbeddedTask(task).then((source) => source.examples);
  pools.set(task, pool);
  return pool;
}

function countsOf(values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

interface Expected {
  counts: Record<string, number>;
  /** What of the task may be known without understanding it, at most; of those with four splits. */
  leaks?: Pick<TaskLeaks, "nearDuplicates" | "singleWord" | "length">;
}

/** So many examples of each label. */
const each = (n: number, ...labels: string[]) => Object.fromEntries(labels.map((l) => [l, n]));
/** At most this much of the task may be known without understanding it. */
const most = (singleWord: number, length: number, nearDuplicates = 0) => ({
  nearDuplicates,
  singleWord,
  length,
});
const polarity = (n: number) => each(n, "negative", "positive");

const expected: Readonly<Record<EmbeddedTask, Expected>> = {
  amazon: { counts: polarity(500) },
  imdb: { counts: polarity(500) },
  yelp: { counts: polarity(500) },
  sentiment: {
    counts: polarity(1500),
    // Its splits are those of before there were groups: a few phrases are in two of them.
    leaks: most(0.6, 0.55, 10),
  },
  "domain-sentiment": {
    counts: each(
      500,
      ...["amazon", "imdb", "yelp"].flatMap((site) => [`${site}-negative`, `${site}-positive`]),
    ),
    leaks: most(0.23, 0.23),
  },
  "gloss-topic": {
    counts: each(
      500,
      "act",
      "animal",
      "artifact",
      "attribute",
      "cognition",
      "communication",
      "food",
      "person",
    ),
    leaks: most(0.24, 0.23),
  },
  "noun-or-verb": { counts: each(2031, "noun", "verb"), leaks: most(0.63, 0.55) },
  "gloss-match": { counts: each(1999, "match", "mismatch"), leaks: most(0.55, 0.55) },
  "example-gloss": { counts: each(1998, "match", "mismatch"), leaks: most(0.55, 0.55) },
  "masked-word-class": {
    counts: { noun: 1000, verb: 998, adjective: 996, adverb: 995 },
    leaks: most(0.32, 0.32),
  },
  spam: {
    counts: { ham: 1200, spam: 1015 },
    // A control: words give the label away, and spam is longer.
    leaks: most(0.8, 0.72),
  },
};

/** Of the examples as JSON, one a line. */
const pins: Readonly<Record<EmbeddedTask, string>> = {
  amazon: "e6d7ac39b21c87fb54b4e31f0fbb07dc406d164019b7bf1684a0d06fe6c883ff",
  imdb: "785a87d9f6c118396840e09feaf77707617b73a4424bc60671c988d9852c4c67",
  yelp: "dfe5cc0cd6717d7850e6c9788c4ccdc8c86bfbd52d635a4c0f0390762f4306b0",
  sentiment: "52e93be243907c2dbc1ebee4b534a941769245ffb79a4e0da2166699a04cb015",
  "domain-sentiment": "6b0a3ae14dddab044a62073dbbddc41cf0678959c5aa3e03bb347c438a06b888",
  "gloss-topic": "d115b58fbd6700191681bcab2fd3aca968d50f27244a49c16b358e5f539bbced",
  "noun-or-verb": "6d5ab69a3563389d6822eb2ebd06f6d1e8da3d7e0687ac441e8a9042b7361714",
  "gloss-match": "78d2978bdd51ae8329c3a7bed5629c6366ee05b68ae9bffa46080c08b923628f",
  "example-gloss": "b722c5c0475165f7ce9b07e3e53faff12bb2c4aa5b1d9c8cdfb00cae018d0aaf",
  "masked-word-class": "8413e4258eb9dc535a105175b0fe6e7e2afd8ec3773063eaed089f25ed0dd14c",
  spam: "3dc96de4aad6fa2c314db888d372c8a6e64bac59076517cf2f46c47275bc50ad",
};

describe.each(embeddedTasks)("%s", (task) => {
  const { counts, leaks } = expected[task];

  test("has the same examples as ever", { timeout: 600_000 }, async () => {
    const pool = await poolOf(task);
    expect(pool.every((e) => (e.textPair !== undefined) === pairTasks.includes(task))).toBe(true);
    expect(countsOf(pool.map((e) => e.label))).toEqual(counts);
    const lines = pool.map((e) => `${JSON.stringify(e)}\n`).join("");
    expect(sha256(Buffer.from(lines))).toBe(pins[task]);
  });

  test(
    "is as large as planning believes, and leaves its splits as stated",
    { timeout: 600_000 },
    async () => {
      const source = {
        name: task,
        examples: await poolOf(task),
        withoutLabel: 0,
        copiesByText: true,
      } as const;
      const sizes =
        leaks === undefined
          ? { trainSize: 100, calibrationSize: 0.1, thresholdSize: 0.1 }
          : { trainSize: 500, calibrationSize: 300, thresholdSize: 300, testSize: 500 };
      const prepared = prepareSplits(source, tokenizer, { ...sizes, maxLength: 128, seed: 1 });
      const { examples, tokens } = prepared.counts;
      expect({ examples, tokens: Math.round((10 * tokens) / examples) / 10 }).toEqual(
        poolSizes[task],
      );
      if (leaks === undefined) return;
      const sizesOf = Object.values(prepared.splits).map((split) => split.length);
      expect(sizesOf).toEqual([500, 300, 300, 500]);
      const found = taskLeaks(prepared.splits);
      expect(found.sharedGroups).toBe(0);
      expect(found.nearDuplicates).toBeLessThanOrEqual(leaks.nearDuplicates);
      expect(found.singleWord).toBeLessThan(leaks.singleWord);
      expect(found.length).toBeLessThan(leaks.length);
    },
  );
});

describe("the rules that the tasks are made by", () => {
  test("gloss-topic: four words or more, and no example", async () => {
    for (const { text } of await poolOf("gloss-topic")) {
      expect(wordsOf(text).length).toBeGreaterThanOrEqual(4);
      expect(text).not.toMatch(/"/);
    }
  });

  test("noun-or-verb: the word occurs once, each sentence is used once, and a word's classes are balanced", async () => {
    const pool = await poolOf("noun-or-verb");
    for (const { text, textPair = "", group } of pool) {
      expect(group).toBe(text);
      const words = textPair.toLowerCase().split(/[^\p{L}\p{N}'-]+/u);
      expect(words.filter((word) => word.replace(/^'|'$/g, "") === text).length).toBeLessThan(2);
      expect(textPair.toLowerCase()).toContain(text);
    }
    expect(new Set(pool.map((e) => e.textPair)).size).toBe(pool.length);
    const nouns = countsOf(pool.filter((e) => e.label === "noun").map((e) => e.text));
    const verbs = countsOf(pool.filter((e) => e.label === "verb").map((e) => e.text));
    expect(nouns).toEqual(verbs);
  });

  test("gloss-match: no word or definition twice, and none gives itself away by its letters", async () => {
    const pool = await poolOf("gloss-match");
    expect(new Set(pool.map((e) => e.text)).size).toBe(pool.length);
    expect(new Set(pool.map((e) => e.textPair)).size).toBe(pool.length);
    expect(pool.filter((e) => sharesStem(e.text, e.textPair ?? ""))).toEqual([]);
  });

  test("example-gloss: no text twice, and no long word in common", async () => {
    const pool = await poolOf("example-gloss");
    expect(new Set(pool.map((e) => e.text)).size).toBe(pool.length);
    expect(new Set(pool.map((e) => e.textPair)).size).toBe(pool.length);
    expect(pool.filter((e) => sharesWord(e.text, e.textPair ?? ""))).toEqual([]);
  });

  test("masked-word-class: one mask, the tokenizer's, and two sentences per class and document", async () => {
    const pool = await poolOf("masked-word-class");
    const maskId = 103;
    for (const { text } of pool) {
      const { inputIds } = tokenizer.encode(text, undefined, { maxLength: 128 });
      expect(inputIds.filter((id) => id === maskId)).toHaveLength(1);
      expect(text.split("[MASK]")).toHaveLength(2);
    }
    const perDocument = countsOf(pool.map((e) => `${e.group} ${e.label}`));
    expect(Math.max(...Object.values(perDocument))).toBe(2);
  });

  test("spam: neither addresses nor other scripts, and 10 to 100 words", async () => {
    for (const { text } of await poolOf("spam")) {
      expect(text).not.toMatch(/https?:|www\.|\S@\S/i);
      expect(wordsOf(text).length).toBeGreaterThanOrEqual(10);
      expect(text.split(" ").length).toBeLessThanOrEqual(100);
    }
  });
});

test("sharesStem: the same first four letters, or all of a shorter word", () => {
  expect(sharesStem("musician", "one who makes music")).toBe(true);
  expect(sharesStem("act", "the action of a person")).toBe(true);
  expect(sharesStem("acts", "an act of man")).toBe(true);
  expect(sharesStem("music", "a muse of old")).toBe(false);
  expect(sharesStem("absent", "a person away")).toBe(false);
});

test("sharesWord: the same word of four letters or more", () => {
  expect(sharesWord("The Team won", "a team of men")).toBe(true);
  expect(sharesWord("the men won", "two men")).toBe(false);
});

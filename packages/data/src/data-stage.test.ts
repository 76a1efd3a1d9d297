import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Artifact, row, rowCount, runStage, readSplit } from "@sweetspot/artifact";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { batchPlan } from "./splits/batch-plan.ts";
import { normalisedText } from "./splits/duplicates.ts";
import { loadTokenizer } from "./encoder-tokenizer.ts";
import { splitmix32, shuffled } from "@sweetspot/statistics";
import type { Example } from "./sources/examples.ts";
import { splitNames } from "./splits/splits.ts";
import { stage } from "./stage.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sweetspot-data-"));
});
afterAll(() => rm(folder, { recursive: true }));

let runs = 0;

function run(settings: object, log?: (line: string) => void): Promise<Artifact> {
  const output = join(folder, `run-${runs++}`);
  return runStage(stage, { settings, inputs: {}, output, ...(log === undefined ? {} : { log }) });
}

async function examplesOf(data: Artifact, split: string): Promise<Example[]> {
  const text = await readFile(data.path(`${split}.jsonl`), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Example);
}

/** Rows of reviews, each different, alternately of two labels. */
function reviews(n: number): string[] {
  return Array.from({ length: n }, (_, i) => `review number ${i},${i % 2 === 0 ? "good" : "bad"}`);
}

async function own(name: string, lines: readonly string[], settings: object = {}) {
  const file = join(folder, name);
  await writeFile(file, `${["text,label", ...lines].join("\n")}\n`);
  return run({ task: { file, text: "text", label: "label" }, ...settings });
}

async function problem(artifact: Promise<Artifact>): Promise<string> {
  const error = await artifact.then(
    () => new Error("none"),
    (e: Error) => e,
  );
  return error.message.replaceAll(`${folder}/`, "");
}

test("a task of GLUE says what it is judged by, in the manifest's facts", async () => {
  const glue = join(folder, "glue");
  const csv = (n: number, kind: string) => [
    "sentence,label",
    ...Array.from({ length: n }, (_, i) => `${kind} number ${i},${i % 2}`),
  ];
  for (const config of ["cola", "sst2"]) {
    await mkdir(join(glue, config), { recursive: true });
    await writeFile(join(glue, config, "train.csv"), csv(60, "a sentence").join("\n"));
    await writeFile(join(glue, config, "validation.csv"), csv(20, "another one").join("\n"));
  }
  const dataset = { folder: glue };
  const cola = await run({ task: { dataset, config: "cola" } });
  expect(cola.manifest.facts).toMatchObject({ labels: ["0", "1"], metric: "mcc" });
  const sst2 = await run({ task: { dataset, config: "sst2" } });
  expect(sst2.manifest.facts).not.toHaveProperty("metric");
  const task = { dataset, config: "cola", text: "sentence", label: "label" };
  expect((await run({ task })).manifest.facts).not.toHaveProperty("metric");
});

describe("the embedded tasks", () => {
  test.each([
    ["amazon", 987, 13],
    ["imdb", 997, 3],
    ["yelp", 996, 4],
    ["sentiment", 2979, 21],
  ])("%s has %i examples", async (task, examples, duplicatesRemoved) => {
    const { manifest } = await run({ task });
    expect(manifest.facts).toMatchObject({
      labels: ["negative", "positive"],
      examples,
      duplicatesRemoved,
      conflictsRemoved: 0,
      withoutLabel: 0,
      emptyRemoved: 0,
      truncated: 0,
    });
  });

  test("sentiment leaves over 1,000 test sentences, stratified and disjoint", async () => {
    const data = await run({ task: "sentiment" });
    const seen = new Set<string>();
    let total = 0;
    for (const split of splitNames) {
      const { labels } = await readSplit(data, split);
      const examples = await examplesOf(data, split);
      for (const { text } of examples) seen.add(normalisedText(text));
      total += labels.length;
      expect(examples).toHaveLength(labels.length);
      const positive = labels.reduce((sum, label) => sum + label, 0);
      expect(Math.abs(positive / labels.length - 1488 / 2979)).toBeLessThan(
        1 / labels.length + 0.001,
      );
    }
    expect([seen.size, total]).toEqual([2979, 2979]);
    expect(data.manifest.facts["splits"]).toMatchObject({
      train: { examples: 1340 },
      calibration: { examples: 298 },
      threshold: { examples: 298 },
      test: { examples: 1043 },
    });
  });
});

test("on sentiment, batches of 16 have 1.18 times the tokens of their rows; random ones 2.3 times", async () => {
  const { offsets } = (await readSplit(await run({ task: "sentiment" }), "train")).inputIds;
  const lengths = Array.from(offsets.subarray(1), (end, i) => end - (offsets[i] ?? 0));
  const tokens = lengths.reduce((a, b) => a + b, 0);
  const plan = batchPlan({ lengths, batchSize: 16, epochs: 1, seed: 1 });
  expect(plan.reduce((sum, b) => sum + 16 * b.length, 0) / tokens).toBeCloseTo(1.18, 2);
  const random = shuffled(lengths, splitmix32(1));
  const longest = Array.from({ length: Math.ceil(random.length / 16) }, (_, i) =>
    Math.max(...random.slice(16 * i, 16 * i + 16)),
  );
  expect((16 * longest.reduce((a, b) => a + b, 0)) / tokens).toBeCloseTo(2.3, 1);
});

describe("what the stage leaves", () => {
  test("the ids, labels and raw text of a split are of the same examples, and the tokenizer made them", async () => {
    const data = await run({ task: "yelp", maxLength: 12 });
    const labels = JSON.parse(await readFile(data.path("labels.json"), "utf8")) as string[];
    const tokenizer = loadTokenizer(data.path("tokenizer.json"));
    for (const split of splitNames) {
      const encoded = await readSplit(data, split);
      const examples = await examplesOf(data, split);
      expect(rowCount(encoded.inputIds)).toBe(examples.length);
      for (const [i, { text, label }] of examples.entries()) {
        const { inputIds, tokenTypeIds } = tokenizer.encode(text, undefined, { maxLength: 12 });
        expect([...row(encoded.inputIds, i)]).toEqual(inputIds);
        expect([...row(encoded.tokenTypeIds, i)]).toEqual(tokenTypeIds);
        expect(labels[encoded.labels[i] ?? -1]).toBe(label);
      }
    }
    const json = JSON.parse(await readFile(data.path("tokenizer.json"), "utf8")) as object;
    expect(json).toMatchObject({ padding: null, truncation: null });
    expect(data.manifest.facts["truncated"]).toBeGreaterThan(500);
    expect(data.manifest.facts["longest"]).toBe(12);
  });

  test("same settings, same bytes", async () => {
    const [one, two, other] = await Promise.all([
      run({ task: "amazon" }),
      run({ task: "amazon" }),
      run({ task: "amazon", seed: 2 }),
    ]);
    expect(one.manifest).toEqual(two.manifest);
    expect(one.manifest.files["test.jsonl"]).not.toEqual(other.manifest.files["test.jsonl"]);
  });

  test("trainSize shortens the training split, and changes only it and the bag-of-words baseline", async () => {
    const all = await run({ task: "amazon" });
    const few = await run({ task: "amazon", trainSize: 50 });
    const {
      "train.jsonl": a,
      "train.safetensors": b,
      "baseline.json": c,
      ...files
    } = few.manifest.files;
    expect(all.manifest.files).toMatchObject(files);
    expect(c).not.toEqual(all.manifest.files["baseline.json"]);
    expect([a, b]).not.toContainEqual(all.manifest.files["train.jsonl"]);
    expect(await examplesOf(few, "train")).toEqual((await examplesOf(all, "train")).slice(0, 50));
    expect(few.manifest.facts["splits"]).toMatchObject({ train: { examples: 50 } });
  });

  test("counts what it left out, truncated and could not read, and says so in a line", async () => {
    const lines = [
      ...reviews(40),
      "Review number 1,bad",
      "  ,good",
      "\u200b,bad",
      "no label,",
      "torn,good",
      "torn,bad",
      "😀 👍,good",
      `long ${"word ".repeat(30)},bad`,
    ];
    const file = join(folder, "counted.csv");
    await writeFile(file, `text,label\n${lines.join("\n")}\n`);
    const logged: string[] = [];
    const data = await run({ task: { file, text: "text", label: "label" }, maxLength: 20 }, (l) =>
      logged.push(l),
    );
    expect(data.manifest.facts).toMatchObject({
      examples: 42,
      perLabel: { bad: 21, good: 21 },
      majorityShare: 0.5,
      withoutLabel: 1,
      emptyRemoved: 2,
      duplicatesRemoved: 1,
      conflictsRemoved: 2,
      truncated: 1,
      unknownOnly: 1,
      maxLength: 20,
      longest: 20,
      sourceSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(logged).toEqual([
      `${file}: 42 examples of 2 labels (train 19, calibration 4, threshold 4, test 15); 1 truncated to 20 tokens; 1 with unknown tokens only; 1 left out without a label; 2 left out as empty; 1 left out as copies; 2 left out as copies with different labels`,
    ]);
  });

  test("keeps its report in the manifest, and logs it", async () => {
    const lines = [
      "no label,nan",
      ...reviews(40).map((line, i) => (i % 4 === 0 ? `${line}\u200b` : line)),
      ...reviews(8).map((line) => `\u200b${line}`),
    ];
    const logged: string[] = [];
    const file = join(folder, "noted.csv");
    await writeFile(file, `text,label\n${lines.join("\n")}\n`);
    const task = { file, text: "text", label: "label" };
    const data = await run({ task, trainSelection: "first" }, (line) => logged.push(line));
    const report = data.manifest.facts["report"] as { kind: string; message: string }[];
    expect(report.map((note) => note.kind)).toEqual(
      expect.arrayContaining([
        "label-spellings",
        "label-missing",
        "class-rare",
        "copies",
        "copies-same-ids",
      ]),
    );
    expect(logged.slice(1)).toEqual(report.map(({ message }) => `${file}: note: ${message}`));
    expect(data.manifest.facts).toMatchObject({ duplicatesRemoved: 8, sameIdsRemoved: 8 });
  });

  test("pairs: token types mark the two texts, and the raw file has both", async () => {
    const file = join(folder, "pairs.jsonl");
    const pairs = Array.from({ length: 20 }, (_, i) => ({
      premise: `premise ${i}`,
      hypothesis: `claim ${i}`,
      gold: i % 3,
    }));
    await writeFile(file, pairs.map((p) => JSON.stringify(p)).join("\n"));
    const data = await run({
      task: { file, text: "premise", textPair: "hypothesis", label: "gold" },
    });
    expect(data.manifest.facts["labels"]).toEqual(["0", "1", "2"]);
    const [first] = await examplesOf(data, "test");
    expect(first).toEqual({
      text: expect.stringMatching(/^premise \d+$/),
      textPair: expect.stringMatching(/^claim \d+$/),
      label: expect.stringMatching(/^[012]$/),
    });
    const { tokenTypeIds } = await readSplit(data, "test");
    expect([...row(tokenTypeIds, 0)]).toEqual([0, 0, 0, 0, 1, 1, 1]);
  });
});

test("examples of a word stay together, and the raw text says which", async () => {
  const sizes = { trainSize: 500, calibrationSize: 100, thresholdSize: 100, testSize: 300 };
  const data = await run({ task: "noun-or-verb", seed: 2, ...sizes });
  expect(data.manifest.facts).toMatchObject({ groupRestRemoved: 0 });
  const seen = new Map<string, string>();
  for (const split of splitNames)
    for (const { text, group } of await examplesOf(data, split)) {
      expect(group).toBe(text);
      expect(seen.get(text) ?? split).toBe(split);
      seen.set(text, split);
    }
  expect(seen.size).toBeGreaterThan(100);
});

describe("bad input", () => {
  test("leaves nothing behind", async () => {
    const before = (await readdir(folder)).filter((name) => !name.endsWith(".scratch"));
    await expect(
      run({ task: { file: join(folder, "none.csv"), text: "text", label: "label" } }),
    ).rejects.toThrow("no such file");
    expect((await readdir(folder)).filter((name) => !name.endsWith(".scratch"))).toEqual(before);
  });

  test("fewer examples than the splits need", async () => {
    expect(await problem(own("few.csv", reviews(30), { testSize: 25 }))).toBe(
      "few.csv: the splits need at least 33 examples, but there are 30: 3 for calibration, 3 for threshold, 25 for test and 2 to train on, one of each label; add examples, or lower calibrationSize, thresholdSize or testSize",
    );
  });

  test("three rows of two labels", async () => {
    expect(await problem(own("three.csv", ["a,0", "b,1", "c,0"]))).toMatch(
      /^three\.csv: the splits need at least 5 examples, but there are 3: .*; add examples, or lower/,
    );
  });

  test("a label without a training example", async () => {
    const lines = [...reviews(60), "so so,middling"];
    const message = await problem(own("rare.csv", lines, { trainSize: 2 }));
    expect(message).toBe(
      'rare.csv: no example of the label "middling" is left to train on (1 of 61 examples have it, 2 are trained on); add examples of it, raise trainSize, or leave the label out',
    );
  });

  test("one class only", async () => {
    expect(await problem(own("one.csv", ["a,good", "b,good", "c,good"]))).toBe(
      'one.csv: expected at least two labels, but all 3 examples are "good"; add examples of another',
    );
  });

  test("texts that all occur with different labels", async () => {
    expect(await problem(own("torn.csv", ["a,good", "A,bad"]))).toBe(
      "torn.csv: each of its 2 texts occurs with different labels; name the column of the label",
    );
  });

  test("texts that are all empty, or all unknown", async () => {
    expect(await problem(own("empty.csv", [",good", " ,bad"]))).toBe(
      "empty.csv: all of its 2 texts are empty; name the column of the text",
    );
    expect(await problem(own("unknown.csv", ["😀,good", "👍,bad"]))).toBe(
      "unknown.csv: none of its 2 texts has a token that the vocabulary knows; choose an encoder for its language",
    );
  });

  test("invalid settings", async () => {
    const file = { file: "a.csv", text: "text", label: "label" };
    await expect(run({ task: "amazn" })).rejects.toThrow(/stage data: task: .*"amazon"/);
    await expect(run({ task: { ...file, lable: "x" } })).rejects.toThrow(
      'unknown key "task.lable"',
    );
    await expect(run({ task: { ...file, label: "text" } })).rejects.toThrow(
      "text, textPair and label must name different columns",
    );
    await expect(run({ task: "amazon", testSize: 0 })).rejects.toThrow("testSize");
    await expect(run({ task: "amazon", testsize: 5 })).rejects.toThrow('did you mean "testSize"?');
    for (const encoder of ["tinny", "constructor"])
      await expect(run({ task: "amazon", encoder })).rejects.toThrow(
        `stage data: encoder: encoder "${encoder}": no such encoder, did you mean "`,
      );
  });
});

describe("a task with a test file", () => {
  test("is tested on that file, and trained on none of its examples", async () => {
    const testLines = ["Review NUMBER 3,bad", "another one,good", "another one,good", ",good"];
    const testFile = join(folder, "official-test.csv");
    await writeFile(testFile, `${["text,label", ...testLines].join("\n")}\n`);
    const file = join(folder, "official.csv");
    await writeFile(file, `${["text,label", ...reviews(40)].join("\n")}\n`);
    const task = { file, text: "text", label: "label", testFile };
    const sizes = { calibrationSize: 4, thresholdSize: 4 };
    const lines: string[] = [];
    const data = await run({ task, ...sizes }, (line) => lines.push(line));
    expect(data.manifest.facts).toMatchObject({ testCopiesRemoved: 1 });
    expect(lines.join()).toContain("1 left out as copies of test examples");
    const tested = await examplesOf(data, "test");
    expect(tested.map((e) => `${e.text},${e.label}`).sort()).toEqual(testLines.toSorted());
    const others = await Promise.all(
      (["train", "calibration", "threshold"] as const).map((split) => examplesOf(data, split)),
    );
    expect(others.map((some) => some.length)).toEqual([31, 4, 4]);
    expect(others.flat().map((e) => e.text)).not.toContain("review number 3");
    const capped = await run({ task, ...sizes, testSize: 2 });
    expect(await examplesOf(capped, "test")).toHaveLength(2);
  });

  test("reads only as many of very many examples as needed, seeded or the first", async () => {
    const sizes = { trainSize: 30, calibrationSize: 10, thresholdSize: 10, testSize: 10 };
    const file = join(folder, "many.csv");
    await writeFile(file, `${["text,label", ...reviews(20_010)].join("\n")}\n`);
    const task = { file, text: "text", label: "label" };
    const texts = async (settings: object) => {
      const data = await run({ task, ...sizes, ...settings });
      expect(data.manifest.facts).toMatchObject({ sampledFrom: 20_010, examples: 120 });
      return (await examplesOf(data, "train")).map((e) => e.text);
    };
    const [one, again, two] = [
      await texts({ seed: 1 }),
      await texts({ seed: 1 }),
      await texts({ seed: 2 }),
    ];
    expect(again).toEqual(one);
    expect(two).not.toEqual(one);
    const numbers = one.map((text) => Number(text.split(" ").at(-1)));
    expect(Math.max(...numbers)).toBeGreaterThan(10_000);
    const first = Array.from({ length: 30 }, (_, i) => `review number ${i}`);
    expect(await texts({ trainSelection: "first", seed: 1 })).toEqual(first);
    expect(await texts({ trainSelection: "first", seed: 2 })).toEqual(first);
  });
});

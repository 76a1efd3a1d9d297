import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Artifact,
  openArtifact,
  readSafetensors,
  runStage,
  writeArtifact,
  readSplit,
  timingSchema,
} from "@sweetspot/artifact";
import { confidence, measuredTime, exitOf, exitRuleNames, exitRules } from "@sweetspot/eval";
import { writeSegment } from "@sweetspot/export";
import { readCheckpoint } from "@sweetspot/model";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allExitLogits, exitsOf } from "./all-exits.ts";
import { type Bundle, openBundle } from "./bundle.ts";
import { classify, type TextInput } from "./classify.ts";
import { time } from "./stage.ts";
import { hashesOf } from "@sweetspot/train/testing";
import { cellsIn } from "../test/cells.ts";
import { whyNoWebgpu } from "@sweetspot/compile/testing";

const webgpuProblem = await whyNoWebgpu();

const methods = ["sweet", "multi-model"] as const;
const K = 3;

let cells: ReturnType<typeof cellsIn>;
let data: Artifact;
const trained: Record<string, Artifact> = {};
const exported: Record<string, Artifact> = {};
const bundles: Record<string, Bundle> = {};
beforeAll(async () => {
  cells = cellsIn(await mkdtemp(join(tmpdir(), "infer-")));
  data = await cells.pairs();
  for (const method of methods) {
    // A learning rate high enough that exits disagree and confidences differ.
    trained[method] = await cells.train(method, { method, epochs: 4, learningRate: 1e-2 });
    exported[method] = await cells.export(`${method}-export`, trained[method]);
    bundles[method] = await openBundle(exported[method].dir);
  }
});
afterAll(async () => {
  await Promise.all(Object.values(bundles).map((b) => b.dispose()));
  await rm(cells.folder, { recursive: true });
});
const made = <T>(things: Record<string, T>, method: string): T => {
  const thing = things[method];
  if (thing === undefined) throw new Error(`no ${method}`);
  return thing;
};

/** The test split as text, and every exit's logits for each text: `[N][E][K]`. */
async function everyExit(method: string) {
  const bundle = made(bundles, method);
  const split = await readSplit(data, "test");
  const lines = (await readFile(data.path("test.jsonl"), "utf8")).trim().split("\n");
  const texts = lines.map((line): TextInput => {
    const { text, textPair } = JSON.parse(line) as { text: string; textPair: string };
    return [text, textPair];
  });
  const logits: number[][][] = [];
  for (const i of texts.keys())
    logits.push((await allExitLogits(bundle, split, [i])).map((l) => [...l]));
  return { bundle, texts, logits };
}

describe.each(methods)("a bundle of %s", (method) => {
  it("answers as its exits would one by one, for all thresholds and batch sizes", async () => {
    const { bundle, texts, logits } = await everyExit(method);
    const exits = exitsOf(bundle);
    const scaled = ([first = 1, second = 1]: readonly number[] = []) =>
      logits.map((exit) => exit.map((l, e) => confidence(l, 0, K, e === 0 ? first : second)));
    const used = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.constantFrom(
            ...scaled()
              .flat()
              .map((c) => Math.min(1, c + 1e-4)),
          ),
        ),
        fc.constantFrom([], [0.3, 1.7]),
        fc.integer({ min: 1, max: 13 }),
        async (threshold, temperatures, batchSize) => {
          const sure = scaled(temperatures);
          // A batch's logits equal those of its texts alone but for rounding; no text is that close to the threshold.
          fc.pre(sure.flat().every((c) => Math.abs(c - threshold) > 1e-5));
          const answers = await classify(bundle, texts, { threshold, temperatures, batchSize });
          expect(answers).toHaveLength(texts.length);
          for (const [i, answer] of answers.entries()) {
            const exit = exitOf(sure[i] ?? [], threshold);
            used.add(exit);
            const l = logits[i]?.[exit] ?? [];
            expect(answer.exitLayer).toBe(exits[exit]?.exitLayer);
            expect(answer.label).toBe(bundle.labels[l.indexOf(Math.max(...l))]);
            expect(answer.confidence).toBeCloseTo(sure[i]?.[exit] ?? NaN, 5);
            expect(answer.probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
            expect(Math.max(...answer.probabilities)).toBeCloseTo(answer.confidence, 12);
            // Sweet's exits share one pass; multi-model's second member starts over.
            expect(answer.layersRun).toBe(exit === 0 ? 1 : method === "sweet" ? 2 : 3);
          }
        },
      ),
      { numRuns: 30 },
    );
    expect([...used].sort()).toEqual([0, 1]);
  });

  it.each(exitRuleNames.filter((name) => name !== "max-probability" && name !== "learned"))(
    "leaves by %s at the exit given by eval's scores",
    async (rule) => {
      const { bundle, texts, logits } = await everyExit(method);
      const exits = exitsOf(bundle);
      const input = {
        logits: exits.map((_, e) => Float32Array.from(logits.flatMap((of) => of[e] ?? []))),
        classes: K,
        temperatures: [0.6, 1.4],
      };
      const scores = exitRules[rule](input, { ...input, labels: [] });
      const used = new Set<number>();
      for (const threshold of [0, 0.3, 0.45, 0.501, 0.7, 0.9, 1]) {
        const near = (i: number) =>
          scores.some((row) => row[i] !== 0 && Math.abs((row[i] ?? NaN) - threshold) < 1e-5);
        const { temperatures } = input;
        const answers = await classify(bundle, texts, {
          threshold,
          rule,
          temperatures,
          batchSize: 5,
        });
        for (const [i, { exitLayer }] of answers.entries()) {
          // Counts and zeros are exact; a batch's probabilities equal those of its texts alone but for rounding.
          if (rule !== "patience" && near(i)) continue;
          const exit = exitOf(
            scores.map((row) => row[i] ?? NaN),
            threshold,
          );
          used.add(exit);
          expect(exitLayer).toBe(exits[exit]?.exitLayer);
        }
      }
      expect([...used].sort()).toEqual([0, 1]);
    },
  );

  it.skipIf(webgpuProblem)("has the same logits on webgpu as on the CPU", async () => {
    const { logits } = await everyExit(method);
    const bundle = await openBundle(made(exported, method).dir, { device: "webgpu" });
    const split = await readSplit(data, "test");
    const rows = [...logits.keys()];
    const got = await allExitLogits(bundle, split, rows);
    await bundle.dispose();
    const apart = got.flatMap((exit, e) =>
      Array.from(exit, (x, i) => Math.abs(x - (logits[Math.floor(i / K)]?.[e]?.[i % K] ?? NaN))),
    );
    expect(apart).toHaveLength(2 * rows.length * K);
    // A device approximates exp, erf and tanh differently.
    expect(Math.max(...apart)).toBeLessThan(2e-3);
  });

  it("predicts every exit's logits in the split's order, the same in batches as one by one", async () => {
    const { logits } = await everyExit(method);
    const [a, b, c] = [
      await cells.predict(`${method}-a`, made(exported, method)),
      await cells.predict(`${method}-b`, made(exported, method)),
      await cells.predict(`${method}-c`, made(exported, method), { batchSize: 5 }),
    ];
    expect(hashesOf(b)).toEqual(hashesOf(a));
    expect(JSON.parse(await readFile(a.path("predictions.json"), "utf8"))).toEqual({
      format: "sweetspot-predictions-1",
      method,
      precision: "fp32",
      labels: ["agrees", "differs", "neither"],
      layers: 2,
      members:
        method === "sweet" ? [{ exitLayers: [1, 2] }] : [{ exitLayers: [1] }, { exitLayers: [2] }],
      splits: { calibration: { examples: 6 }, threshold: { examples: 6 }, test: { examples: 12 } },
    });
    const split = await readSplit(data, "test");
    for (const predicted of [a, c]) {
      const tensors = await readSafetensors(predicted.path("test.safetensors"));
      expect(tensors["logits"]?.shape).toEqual([2, 12, K]);
      expect(tensors["labels"]?.data).toEqual(split.labels);
      const { offsets } = split.inputIds;
      expect([...(tensors["lengths"]?.data ?? [])]).toEqual(
        Array.from(split.labels, (_, i) => (offsets[i + 1] ?? 0) - (offsets[i] ?? 0)),
      );
      for (const [i, exits] of logits.entries())
        for (const [e, row] of exits.entries())
          for (const [k, logit] of row.entries())
            expect(tensors["logits"]?.data[(e * 12 + i) * K + k]).toBeCloseTo(logit, 5);
    }
  });

  it("is timed as it is used, in each precision, in eval's format", async () => {
    const timed = await runStage(time, {
      settings: { examples: 5, rounds: 2 },
      inputs: { data: data.dir, export: made(exported, method).dir },
      output: join(cells.folder, `${method}-time`),
    });
    const file = timed.path("timing.json");
    const timing = timingSchema.parse(JSON.parse(await readFile(file, "utf8")));
    const members =
      method === "sweet" ? [{ exitLayers: [1, 2] }] : [{ exitLayers: [1] }, { exitLayers: [2] }];
    for (const precision of ["fp32", "int8"] as const) {
      const batches = timing.batches[precision] ?? [];
      expect(batches.map((b) => [b.batchSize, b.examples])).toEqual([
        [1, 5],
        [8, 8], // texts repeat until a call is full
        [32, 32],
      ]);
      for (const { cascade, exits: alone } of batches) {
        // From "all leave at the first exit" to everything; multi-model's second member starts over.
        expect(cascade[0]?.cost).toBe(0.5);
        expect(cascade.at(-1)?.cost).toBe(method === "sweet" ? 1 : 1.5);
        expect(alone.map((p) => p.cost)).toEqual([0.5, 1]);
        for (const { meanMs, p50Ms, p90Ms, p99Ms, noise } of [...cascade, ...alone]) {
          expect(meanMs).toBeGreaterThan(0);
          expect(p90Ms).toBeGreaterThanOrEqual(p50Ms);
          expect(p99Ms).toBeGreaterThanOrEqual(p90Ms);
          expect(noise).toBeGreaterThanOrEqual(0);
        }
      }
      const measured = measuredTime(timing, { members, layers: 2, precision }, file);
      expect(measured.exits).toHaveLength(2);
      expect(measured.atCost(0.5)["32"]).toBe(batches[2]?.cascade[0]?.meanMs);
    }
  });
});

describe("bad input", () => {
  it("classify: rejects invalid thresholds and batch sizes, and no text", async () => {
    const bundle = made(bundles, "sweet");
    for (const threshold of [-0.1, 1.1, NaN])
      await expect(classify(bundle, ["a"], { threshold })).rejects.toThrow(
        `classify: threshold must be within [0, 1], got ${threshold}`,
      );
    for (const batchSize of [0, 1.5, NaN])
      await expect(classify(bundle, ["a"], { threshold: 1, batchSize })).rejects.toThrow(
        `classify: batchSize must be a positive whole number, got ${batchSize}`,
      );
    await expect(classify(bundle, [], { threshold: 1 })).rejects.toThrow("got none");
    await expect(
      classify(bundle, ["a"], { threshold: 1, rule: "learned" as "margin" }),
    ).rejects.toThrow(/^classify: rule must be one of max-probability, entropy, .*, got learned$/);
  });

  it("classify: rejects values that are not texts, and missing options", async () => {
    const call = classify as (...args: unknown[]) => Promise<unknown>;
    const bundle = made(bundles, "sweet");
    for (const [text, got] of [
      [undefined, "undefined"],
      [5, "5"],
      [["a"], "[ 'a' ]"],
      [5n, "5n"],
      [["a", 5], "[ 'a', 5 ]"],
    ])
      await expect(call(bundle, ["fine", text], { threshold: 1 })).rejects.toThrow(
        new TypeError(`classify: text 1 must be a string or a pair of strings, got ${got}`),
      );
    await expect(call(bundle, "fine", { threshold: 1 })).rejects.toThrow(
      new TypeError("classify: expected an array of texts, got 'fine'"),
    );
    for (const [options, got] of [
      [undefined, "undefined"],
      [null, "null"],
      [{}, "{}"],
      [{ threshold: "1" }, "{ threshold: '1' }"],
    ])
      await expect(call(bundle, ["fine"], options)).rejects.toThrow(
        new TypeError(
          `classify: expected options with a threshold, a number within [0, 1], got ${got as string}`,
        ),
      );
  });

  it("classify: answers unknown and overlong texts", async () => {
    const texts: TextInput[] = [
      ["\u{1F9FF}", "\u{1F9FF}"],
      ["word ".repeat(500), "a"],
    ];
    const answers = await classify(made(bundles, "sweet"), texts, { threshold: 1 });
    for (const { confidence: sure } of answers) expect(sure).toBeGreaterThanOrEqual(1 / K);
  });

  it.each([
    ["", "b"],
    ["a", " \n"],
    ["\u200b", "b"],
  ])(
    "classify: the error for an empty text names it, since training leaves it out: %j, %j",
    async (...pair) => {
      await expect(
        classify(made(bundles, "sweet"), [["a", "b"], pair], { threshold: 1 }),
      ).rejects.toThrow(
        /^classify: text 1 is empty: it has no token, got \[.*leave it out here too$/,
      );
    },
  );

  it("classify: rejects a single text if the bundle reads pairs, and the reverse", async () => {
    const bundle = made(bundles, "sweet");
    expect(bundle.pairs).toBe(true);
    await expect(classify(bundle, [["a", "b"], "c"], { threshold: 1 })).rejects.toThrow(
      new TypeError("classify: text 1 must be a pair of strings, as in training, got 'c'"),
    );
    const single = { ...bundle, pairs: false };
    await expect(classify(single, ["c", "d", ["a", "b"]], { threshold: 1 })).rejects.toThrow(
      new TypeError("classify: text 2 must be one string, as in training, got [ 'a', 'b' ]"),
    );
    // An older bundle does not record which it reads.
    const { pairs: _, vocabSize: __, ...older } = bundle;
    expect(await classify(older, ["c", ["a", "b"]], { threshold: 1 })).toHaveLength(2);
  });

  it("classify: names a text with an id outside the vocabulary before anything runs", async () => {
    const bundle = { ...made(bundles, "sweet"), vocabSize: 5000 };
    expect(made(bundles, "sweet").vocabSize).toBe(30522);
    await expect(
      classify(
        bundle,
        [
          ["a", "b"],
          ["zebra", "a"],
        ],
        { threshold: 1 },
      ),
    ).rejects.toThrow(
      /^classify: text 1: has the token id 29145, but the bundle's encoder has only ids below 5000; /,
    );
  });

  it("classify: names the segment's file if its logits are not one for each label", async () => {
    const folder = join(cells.folder, "four-labels");
    await copyOf(folder, async (to) => {
      const file = join(to, "bundle.json");
      const json = JSON.parse(await readFile(file, "utf8")) as { labels: string[] };
      await writeFile(file, JSON.stringify({ ...json, labels: [...json.labels, "more"] }));
    });
    const bundle = await openBundle(folder);
    try {
      await expect(classify(bundle, [["a", "b"]], { threshold: 0 })).rejects.toThrow(
        `${join(folder, "member-1/segment-1.onnx")}: expected logits of [1, 4], one for each label in bundle.json, got [1, 3]`,
      );
    } finally {
      await bundle.dispose();
    }
  });

  it("a bundle can be disposed of twice, and rejects texts afterwards", async () => {
    const { dir } = made(exported, "sweet");
    const bundle = await openBundle(dir);
    await Promise.all([bundle.dispose(), bundle.dispose()]);
    await bundle.dispose();
    await expect(classify(bundle, [["a", "b"]], { threshold: 1 })).rejects.toThrow(
      `${join(dir, "member-1/segment-1.onnx")}: the bundle has been disposed of; open it again`,
    );
  });

  it.each([
    ["half", (text: string) => text.slice(0, 40), /bundle\.json: expected JSON, got /],
    ["deep", () => "[".repeat(100_000), /bundle\.json: expected JSON of at most 500 levels/],
    ["number", (text: string) => text.replace("24", "-3"), /bundle\.json: maxLength: /],
    ["twice", (text: string) => text.replace("agrees", "neither"), /bundle\.json: labels: /],
  ])("openBundle: names an invalid bundle.json: %s", async (name, change, message) => {
    const folder = join(cells.folder, `json-${name}`);
    await copyOf(folder, async (to) => {
      const file = join(to, "bundle.json");
      await writeFile(file, change(await readFile(file, "utf8")));
    });
    await expect(openBundle(folder)).rejects.toThrow(message);
  });

  it("openBundle: rejects a changed file, and a folder that is not a bundle", async () => {
    const copy = join(cells.folder, "changed");
    await cp(made(exported, "sweet").dir, copy, { recursive: true });
    const file = join(copy, "member-1", "segment-2.onnx");
    const bytes = await readFile(file);
    bytes[bytes.length >> 1] = 1 + (bytes[bytes.length >> 1] ?? 0);
    await writeFile(file, bytes);
    await expect(openBundle(copy)).rejects.toThrow(`${file}: `);
    await expect(openBundle(data.dir)).rejects.toThrow("bundle.json");
    await expect(openBundle(join(cells.folder, "nowhere"))).rejects.toThrow("nowhere");
  });

  it("openBundle: names a segment that is not an ONNX file", async () => {
    const folder = join(cells.folder, "no-onnx");
    await copyOf(folder, async (to) => writeFile(join(to, "member-1/segment-2.onnx"), "text"));
    await expect(openBundle(folder)).rejects.toThrow(join(folder, "member-1/segment-2.onnx"));
  });

  it("predict and time: reject data that the bundle was not made from", async () => {
    const other = await writeArtifact(
      join(cells.folder, "other-data"),
      { ...data.manifest, settings: { maxLength: 24 } },
      async (to) => {
        for (const name of Object.keys(data.manifest.files))
          await cp(data.path(name), join(to, name));
        return data.manifest.facts;
      },
    );
    await expect(
      runStage(time, {
        settings: {},
        inputs: { data: other.dir, export: made(exported, "sweet").dir },
        output: join(cells.folder, "never"),
      }),
    ).rejects.toThrow("pass the data that it was trained on");
    await expect(openArtifact(join(cells.folder, "never"))).rejects.toThrow("never");
  });

  it("predict: rejects weights that are NaN", async () => {
    const folder = join(cells.folder, "nan-export");
    const checkpoint = await readCheckpoint(join(made(trained, "sweet").dir, "member-1"));
    checkpoint.weights["exits.2.classifier.bias"]?.data.fill(NaN);
    await copyOf(folder, (to) =>
      writeSegment(join(to, "member-1/segment-2.onnx"), checkpoint, {
        after: 1,
        exitLayer: 2,
        last: true,
      }),
    );
    await expect(cells.predict("nan", await openArtifact(folder))).rejects.toThrow(
      /the logits of calibration contain NaN.*lower learningRate/,
    );
  });

  /** A changed copy of sweet's bundle with a valid manifest. */
  async function copyOf(folder: string, change: (to: string) => Promise<unknown>): Promise<void> {
    const from = made(exported, "sweet");
    await writeArtifact(folder, from.manifest, async (to) => {
      await cp(from.dir, to, { recursive: true });
      await rm(join(to, "manifest.json"));
      await change(to);
      return from.manifest.facts;
    });
  }
});

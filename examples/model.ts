import {
  encoderParams,
  exitLogits,
  exitParameters,
  hiddenStates,
  initialWeights,
  pretrainedEncoder,
} from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";

// Two sentences as ids of BERT's uncased vocabulary, [CLS] 101 and [SEP] 102 included; 0 pads.
const inputs = {
  inputIds: tf.tensor2d([101, 2307, 3185, 102, 101, 6659, 102, 0], [2, 4], "int32"),
  tokenTypeIds: tf.zeros<tf.Rank.R2>([2, 4], "int32"),
  attentionMask: tf.tensor2d([1, 1, 1, 1, 1, 1, 1, 0], [2, 4]),
};

// A tiny encoder with random weights, and new classifiers of 3 classes after layers 1 and 2.
const { config, pooling, weights } = await pretrainedEncoder("tiny");
const exitLayers = [1, 2];
const heads = initialWeights(exitParameters(config, exitLayers, 3, pooling), config, 1);
const params = paramsOf({ ...(await weights(2)), ...heads });
const logits = tf.tidy(() => exitLogits(params, inputs, { config, exitLayers, pooling }));
logits.forEach((l, i) => console.log(`after layer ${exitLayers[i]}: [${l.shape}]`, l.arraySync()));

// The real thing: MiniLM's hidden states, of the embeddings and of its first two layers.
const minilm = await pretrainedEncoder("minilm");
const minilmParams = paramsOf(await minilm.weights(2));
const hidden = tf.tidy(() => hiddenStates(minilmParams, inputs, minilm.config, 2));
hidden.forEach((h, layer) => console.log(`hidden states ${layer}: [${h.shape}]`)); // [2,4,384]

function paramsOf(byName: Awaited<ReturnType<typeof weights>>) {
  const tensors = Object.entries(byName).map(
    ([name, { data, shape }]) => [name, tf.tensor(data, [...shape])] as const,
  );
  return encoderParams(Object.fromEntries(tensors));
}

import {
  exitLogits,
  type EncoderConfig,
  encoderConfig,
  hiddenStates,
  encoderParams,
  dropout,
  type Dropout,
  dropoutSites,
  encoderParameters,
  exitAfter,
  exitParameters,
  pretrainedEncoder,
} from "@sweetspot/model";
import { type HostTensor, numberCount } from "@sweetspot/artifact";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  below,
  type BertFacts,
  bertInputs,
  eager,
  executions,
  type HostTensors,
  inputsOf,
  largestError,
  readBertFacts,
  readReference,
  tensorNamed,
} from "./reference/bert-reference.ts";

// Both sides compute in float32 and add in another order; the numbers are of size 1.
const atol = 1e-4;

let facts: BertFacts;
beforeAll(async () => {
  facts = await readBertFacts();
});

function expectClose(what: string, got: ArrayLike<number>, want: ArrayLike<number>): void {
  const error = largestError(got, want);
  expect(error, `${what}: largest absolute error`).toBeLessThan(atol);
}

describe("the embedded MiniLM", () => {
  it("has the names and shapes of the reference's state dict", async () => {
    const { config } = await pretrainedEncoder("minilm");
    const ours = Object.fromEntries(encoderParameters(config).map((p) => [p.name, p.shape]));
    expect(ours).toEqual(facts.minilm.stateDict);
  });

  it.each(executions)(
    "gives the reference's hidden states at every layer, padded and paired, $name",
    async ({ name, run }) => {
      const encoder = await pretrainedEncoder("minilm");
      const { config } = encoder;
      const depth = config.numHiddenLayers;
      const reference = await readReference("minilm");
      const [b = 0, t = 0] = tensorNamed(reference, "inputIds").shape;
      const c = config.hiddenSize;
      const weights = await encoder.weights(depth);
      const results = await run(
        (tensors) => {
          const inputs = bertInputs(tensors);
          const hidden = hiddenStates(encoderParams(below(tensors, "param/")), inputs, config);
          // A classifier that passes the features on.
          const classifier = { weight: tf.eye(c), bias: tf.zeros([c]) };
          const last = hidden.at(-1) as tf.Tensor3D;
          const { attentionMask } = inputs;
          const params = { exits: { [depth]: { classifier } } };
          const pooled = exitAfter(params, depth, last, attentionMask, config, encoder.pooling);
          return { pooled, ...Object.fromEntries(hidden.map((h, i) => [`hidden.${i}`, h])) };
        },
        { ...inputsOf(reference), ...prefixed(weights) },
      );
      for (let layer = 0; layer <= depth; layer++) {
        const hidden = tensorNamed(results, `hidden.${layer}`);
        expect(hidden.length).toBe(b * t * c);
        const tokens = Array.from({ length: b * t }, (_, i) =>
          Array.from({ length: c }, (_c, k) => hidden[i * c + k] ?? NaN),
        );
        const want = (what: string) => tensorNamed(reference, `${what}.${layer}`).data;
        const where = `${name} layer ${layer}`;
        const strided = tokens.flatMap((h) => h.filter((_, k) => k % 3 === 0));
        expectClose(`${where}, every third channel`, strided, want("hidden"));
        expectClose(`${where}, mean`, tokens.map(mean), want("mean"));
        const means = tokens.map((h) => mean(h.map(Math.abs)));
        expectClose(`${where}, mean of |h|`, means, want("meanAbs"));
      }
      const pooled = tensorNamed(reference, "pooled").data;
      expectClose(`${name} mean-pooled`, tensorNamed(results, "pooled"), pooled);
    },
  );
});

describe("a random BERT with exits", () => {
  let reference: HostTensors;
  beforeAll(async () => {
    reference = await readReference("tiny-bert");
  });

  const exitLayers = [1, 2, 3];

  it("has the names and shapes of the reference's state dict and exits", () => {
    const { classes } = facts["tiny-bert"];
    const specs = [
      ...encoderParameters(config()),
      ...exitParameters(config(), exitLayers, classes, "first-token"),
    ];
    const theirs = Object.entries(below(reference, "param/")).map(([n, { shape }]) => [n, shape]);
    expect(Object.fromEntries(specs.map((p) => [p.name, p.shape]))).toEqual(
      Object.fromEntries(theirs),
    );
  });

  it.each(executions)(
    "gives the reference's hidden states, and every exit its classifier's logits, $name",
    async ({ name, run }) => {
      const results = await run(
        (tensors) => {
          const options = { config: config(), exitLayers, pooling: "first-token" } as const;
          const params = encoderParams(below(tensors, "param/"));
          const logits = exitLogits(params, bertInputs(tensors), options);
          const states = hiddenStates(params, bertInputs(tensors), config());
          return {
            ...Object.fromEntries(states.map((h, i) => [`hidden.${i}`, h])),
            ...Object.fromEntries(logits.map((l, i) => [`logits.${exitLayers[i]}`, l])),
          };
        },
        { ...inputsOf(reference), ...prefixed(below(reference, "param/")) },
      );
      expect(Object.keys(results)).toHaveLength(7);
      for (const [what, got] of Object.entries(results))
        expectClose(`${name} ${what}`, got, tensorNamed(reference, what).data);
    },
  );

  it("applies dropout at the same places, in the same order and with the same scale as the reference", async () => {
    const sites = dropoutSites(config(), [3], "first-token");
    const masks = below(reference, "dropout/mask.");
    // The reference computes the last layer for all tokens, of which its exit reads the first.
    for (const [i, site] of sites.entries())
      masks[i] = firstTokens(tensorNamed(masks, String(i)), site.shape.indexOf(1));
    const sizes = { B: 3, T: 7 };
    expect(
      sites.map((site) => site.shape.map((d) => (typeof d === "number" ? d : sizes[d]))),
    ).toEqual(sites.map((_, i) => tensorNamed(masks, String(i)).shape));
    expect(Object.keys(masks)).toHaveLength(sites.length);
    const feeds = {
      ...inputsOf(reference),
      ...prefixed(below(reference, "param/")),
      ...Object.fromEntries(
        Object.entries(masks).map(([i, mask]) => [`mask/${sites[Number(i)]?.name}`, mask]),
      ),
    };
    const results = await eager.run((tensors) => {
      const drop: Dropout = (name, x) => {
        const site = sites.find((s) => s.name === name);
        const mask = tf.cast(tensorNamed(tensors, `mask/${name}`), "bool");
        return dropout(x, mask, 1 - (site?.probability ?? NaN));
      };
      const logits = exitLogits(encoderParams(below(tensors, "param/")), bertInputs(tensors), {
        config: config(),
        exitLayers: [3],
        pooling: "first-token",
        dropout: drop,
      });
      return { logits: logits[0] as tf.Tensor };
    }, feeds);
    const want = tensorNamed(reference, "dropout/logits").data;
    expectClose("logits under dropout", tensorNamed(results, "logits"), want);
    // The masks matter: without them the logits differ.
    expect(largestError(want, tensorNamed(reference, "logits.3").data)).toBeGreaterThan(0.1);
  });
});

/** A mask cut to the first number along an axis; unchanged for axis -1. */
function firstTokens({ shape, data }: HostTensor, axis: number): HostTensor {
  if (axis < 0) return { shape, data };
  const inner = numberCount(shape.slice(axis + 1), "mask");
  const length = shape[axis] ?? 0;
  const kept = (data as Float32Array).filter((_, i) => Math.floor(i / inner) % length === 0);
  return { shape: shape.with(axis, 1), data: kept };
}

function config(): EncoderConfig {
  return encoderConfig(facts["tiny-bert"].config, "bert.json");
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

function prefixed(weights: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(weights).map(([name, w]) => [`param/${name}`, w]));
}

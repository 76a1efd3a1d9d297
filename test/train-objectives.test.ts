import {
  exitLogits,
  encoderConfig,
  exitAfter,
  hiddenStates,
  layerContext,
  encoderLayer,
  encoderParams,
  encoderParameters,
  exitParameters,
  type ParameterSpec,
} from "@sweetspot/model";
import { crossEntropy, exitLayersOfModels, type Objective, objectives } from "@sweetspot/train";
import { lossesAndGradients, segmentInput } from "@sweetspot/train/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  below,
  bertInputs,
  eager,
  type Execution,
  executions,
  type HostTensors,
  labelledInputsOf,
  largestError,
  readBertFacts,
  readReference,
  tensorNamed,
} from "./reference/bert-reference.ts";

type Tensors = Record<string, tf.Tensor>;
type Numbers = Record<string, ArrayLike<number>>;
type Objectives = Pick<Objective, "isolated">;

const pooling = "first-token";
const exitLayers = [1, 2, 3];

let config: ReturnType<typeof encoderConfig>;
let classes: number;
let feeds: HostTensors;
let weights: HostTensors;
beforeAll(async () => {
  const facts = await readBertFacts();
  config = encoderConfig(facts["tiny-bert"].config, "bert.json");
  classes = facts["tiny-bert"].classes;
  const reference = await readReference("tiny-bert");
  weights = reference;
  feeds = labelledInputsOf(reference);
});

const parametersOf = (layers: readonly number[]): ParameterSpec[] => [
  ...encoderParameters(config, layers.at(-1)),
  ...exitParameters(config, layers, classes, pooling),
];
const weightsOf = (parameters: readonly ParameterSpec[]): HostTensors =>
  Object.fromEntries(
    parameters.map(({ name }) => [`param/${name}`, tensorNamed(weights, `param/${name}`)]),
  );

/** The segment of a parameter, from 1: that of the next exit above it, or of its own exit. */
function segmentOf(name: string): number {
  const layer = /^encoder\.layer\.(\d+)\./.exec(name)?.[1];
  const exit = /^exits\.(\d+)\./.exec(name)?.[1];
  return layer !== undefined ? Number(layer) + 1 : exit === undefined ? 1 : Number(exit);
}

/** The losses and gradients of training, by parameter name. */
async function trained(
  execution: Execution,
  objective: Objectives,
  layers: readonly number[] = exitLayers,
): Promise<{ losses: ArrayLike<number>; gradients: Numbers }> {
  const parameters = parametersOf(layers);
  const results = await execution.run(
    (tensors) => {
      const { losses, gradients } = lossesAndGradients(
        { config, pooling, exitLayers: layers, parameters, objective, dropoutSites: [] },
        below(tensors, "param/"),
        tensors,
      );
      const named = parameters.map(({ name }, i) => [`grad/${name}`, gradients[i] as tf.Tensor]);
      return { losses, ...(Object.fromEntries(named) as Tensors) };
    },
    { ...feeds, ...weightsOf(parameters) },
  );
  return { losses: tensorNamed(results, "losses"), gradients: below(results, "grad/") };
}

/** The gradients of one classifier's loss; the other losses have weight 0. */
async function ofClassifier(
  execution: Execution,
  objective: Objectives,
  classifier: number,
): Promise<Numbers> {
  const parameters = parametersOf(exitLayers);
  const results = await execution.run(
    (tensors) => {
      const { grads } = tf.valueAndGrads((...values) => {
        const params = encoderParams(
          Object.fromEntries(parameters.map(({ name }, i) => [name, values[i] as tf.Tensor])),
        );
        const options = {
          config,
          exitLayers,
          pooling,
          nextSegmentInput: segmentInput(objective),
        } satisfies Parameters<typeof exitLogits>[2];
        const logits = exitLogits(params, bertInputs(tensors), options);
        return tf.addN(
          logits.map((l, i) => tf.mul(lossOf(l, tensors), i + 1 === classifier ? 1 : 0)),
        ) as tf.Scalar;
      })(parameters.map(({ name }) => tensorNamed(tensors, `param/${name}`)));
      return Object.fromEntries(parameters.map(({ name }, i) => [name, grads[i] as tf.Tensor]));
    },
    { ...feeds, ...weightsOf(parameters) },
  );
  return results;
}

function lossOf(logits: tf.Tensor2D, tensors: Tensors): tf.Scalar {
  return crossEntropy(
    logits,
    tensorNamed(tensors, "labels") as tf.Tensor1D,
    tensorNamed(tensors, "weights") as tf.Tensor1D,
  );
}

/**
 * The gradients of a segment and its exit, trained alone on a constant input: the output of the layers
 * below.
 */
async function trainedAlone(execution: Execution, segment: number): Promise<Numbers> {
  const all = parametersOf(exitLayers);
  const own = all.filter(({ name }) => segmentOf(name) === segment);
  const results = await execution.run(
    (tensors) => {
      const inputs = bertInputs(tensors);
      const fixed = encoderParams(below(tensors, "param/"));
      const input = hiddenStates(fixed, inputs, config, segment - 1).at(-1) as tf.Tensor3D;
      const { grads } = tf.valueAndGrads((...values) => {
        const p = encoderParams({
          ...below(tensors, "param/"),
          ...Object.fromEntries(own.map(({ name }, i) => [name, values[i] as tf.Tensor])),
        });
        // The first segment starts with the embeddings, and trains them.
        const hidden =
          segment === 1 ? (hiddenStates(p, inputs, config, 0)[0] as tf.Tensor3D) : input;
        const context = layerContext(p, inputs.attentionMask, config);
        const output = encoderLayer(p, segment, hidden, context, config);
        return lossOf(
          exitAfter(p, segment, output, inputs.attentionMask, config, pooling),
          tensors,
        );
      })(own.map(({ name }) => tensorNamed(tensors, `param/${name}`)));
      return Object.fromEntries(own.map(({ name }, i) => [name, grads[i] as tf.Tensor]));
    },
    { ...feeds, ...weightsOf(all) },
  );
  return results;
}

/** The names of gradients that only one side has, or that differ by more than `atol` somewhere. */
function differing(got: Numbers, want: Numbers, atol: number): string[] {
  const names = new Set([...Object.keys(got), ...Object.keys(want)]);
  return [...names].filter((name) => !(largestError(got[name] ?? [], want[name] ?? [NaN]) <= atol));
}

function isZero(gradient: ArrayLike<number>): boolean {
  return Array.from(gradient).every((x) => x === 0);
}

describe.each(executions)("objectives, $name", (execution) => {
  // ONNX Runtime fuses the two compiled graphs in different ways.
  const atol = execution.name === "eager" ? 0 : 1e-6;

  it("SWEET: every other classifier's gradient of a segment is exactly zero, its own is not", async () => {
    for (const classifier of exitLayers) {
      const gradients = await ofClassifier(execution, objectives.sweet, classifier);
      const names = Object.keys(gradients);
      expect(names).toHaveLength(parametersOf(exitLayers).length);
      const updated = names.filter((name) => !isZero(gradients[name] ?? []));
      // A key's bias adds the same to all of a query's scores, so its gradient is a rounding error.
      const unsure = (name: string) => name.endsWith("key.bias");
      expect(updated.filter((name) => segmentOf(name) !== classifier)).toEqual([]);
      expect(updated.filter((name) => !unsure(name))).toEqual(
        names.filter((name) => segmentOf(name) === classifier && !unsure(name)),
      );
    }
  });

  it("SWEET: a segment's gradient is that of its classifier trained alone on a detached input", async () => {
    const { gradients } = await trained(execution, objectives.sweet);
    // The first segment's gradients include the embeddings'.
    const alone = await Promise.all(exitLayers.map((s) => trainedAlone(execution, s)));
    expect(alone.map((g) => Object.keys(g).length)).toEqual([5 + 16 + 4, 16 + 4, 16 + 4]);
    expect(differing(gradients, Object.assign({}, ...alone) as Numbers, atol)).toEqual([]);
  });

  it("early-exit: the gradient is the sum of the classifiers', and reaches every layer below", async () => {
    const { gradients } = await trained(execution, objectives["early-exit"]);
    const each = await Promise.all(
      exitLayers.map((c) => ofClassifier(execution, objectives["early-exit"], c)),
    );
    const sums = Object.entries(gradients).map(([name, gradient]) => [
      name,
      Array.from(gradient, (_, i) => each.reduce((s, g) => s + (g[name]?.[i] ?? NaN), 0)),
    ]);
    // The same terms in another order.
    expect(differing(gradients, Object.fromEntries(sums) as Numbers, 2e-6)).toEqual([]);
    const deepest = each.at(-1) ?? {};
    expect(isZero(deepest["encoder.layer.0.output.dense.weight"] ?? [])).toBe(false);
    expect(isZero(deepest["exits.1.classifier.weight"] ?? [0.5])).toBe(true);
  });

  it("SWEET's forward pass equals early-exit's", async () => {
    const [sweet, earlyExit] = await Promise.all(
      [objectives.sweet, objectives["early-exit"]].map((o) => trained(execution, o)),
    );
    expect(sweet?.losses).toHaveLength(3);
    expect(largestError(sweet?.losses ?? [], earlyExit?.losses ?? [])).toBeLessThanOrEqual(
      execution.name === "eager" ? 0 : 1e-6,
    );
  });

  it("multi-model: a member's loss and gradients are those of its classifier in a model of its depth", async () => {
    const together = await trained(execution, objectives["early-exit"]);
    for (const [i, layers] of exitLayersOfModels(objectives["multi-model"], exitLayers).entries()) {
      const { losses, gradients } = await trained(execution, objectives["multi-model"], layers);
      expect(largestError(losses, [together.losses[i] ?? NaN])).toBeLessThan(1e-6);
      const alone = await ofClassifier(execution, objectives["early-exit"], i + 1);
      const own = parametersOf(layers).map(({ name }) => [name, tensorNamed(alone, name)]);
      expect(differing(gradients, Object.fromEntries(own) as Numbers, 1e-6)).toEqual([]);
    }
  });
});

it("early-exit and SWEET train one model; multi-model trains one per exit, with the layers up to it", () => {
  expect(exitLayersOfModels(objectives["early-exit"], [1, 2, 4])).toEqual([[1, 2, 4]]);
  expect(exitLayersOfModels(objectives.sweet, [1, 2, 4])).toEqual([[1, 2, 4]]);
  expect(exitLayersOfModels(objectives["multi-model"], [1, 2, 4])).toEqual([[1], [2], [4]]);
});

it("leaves no tensor behind once the losses are disposed of", async () => {
  await tf.setBackend("cpu");
  tf.tidy(() => tf.scalar(0));
  const before = tf.memory().numTensors;
  await trained(eager, objectives.sweet);
  expect(tf.memory().numTensors).toBe(before);
});

import * as tf from "@tensorflow/tfjs";
import type { TensorSpecs } from "@sweetspot/compile";
import type { LoopDefinition } from "@sweetspot/compile/session";
import {
  dropout,
  type Dropout,
  type DropoutSite,
  type EncoderConfig,
  encoderParams,
  exitLogits,
  type ParameterSpec,
  type Pooling,
} from "@sweetspot/model";
import { type AdamScalars, adamW, clipScale, globalNorm } from "./adamw.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { keepProbability } from "./dropout-masks.ts";
import type { Objective } from "./objective.ts";
import { gradientOf, parameterTensors, stateParts, stateTensors } from "./state-layout.ts";

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** What a training step is made of, besides its numbers. */
export interface StepDefinition {
  config: EncoderConfig;
  pooling: Pooling;
  exitLayers: readonly number[];
  /** What is trained, the word embeddings cut to the rows that occur. */
  parameters: readonly ParameterSpec[];
  objective: Pick<Objective, "nextSegmentInput">;
  maxGradientNorm: number | "off";
  /** Where dropout acts; none for none. */
  dropoutSites: readonly DropoutSite[];
}

/** The inputs of one step; `B` and `T` may differ from step to step. */
export function stepInputs(dropoutSites: readonly DropoutSite[]): TensorSpecs {
  const scalar = { dtype: "float32", shape: [] } as const;
  return {
    inputIds: { dtype: "int32", shape: ["B", "T"] },
    tokenTypeIds: { dtype: "int32", shape: ["B", "T"] },
    attentionMask: { dtype: "float32", shape: ["B", "T"] },
    labels: { dtype: "int32", shape: ["B"] },
    weights: { dtype: "float32", shape: ["B"] },
    keep: scalar,
    stepSize: scalar,
    epsilon: scalar,
    ...Object.fromEntries(
      dropoutSites.map((s) => [`dropout/${s.name}`, { dtype: "bool", shape: s.shape }]),
    ),
  };
}

/**
 * The exits' losses, `[E]`, of the objective's forward pass, and the gradients of their sum, in the
 * order of `definition.parameters`. The caller disposes of both, or a `tf.tidy` around the call.
 */
export function lossesAndGradients(
  definition: Omit<StepDefinition, "maxGradientNorm">,
  params: Tensors,
  inputs: Tensors,
): { losses: tf.Tensor1D; gradients: tf.Tensor[] } {
  const { config, exitLayers, pooling, objective, parameters, dropoutSites } = definition;
  const names = parameters.map((p) => p.name);
  const probabilities = new Map(dropoutSites.map((s) => [s.name, keepProbability(s.probability)]));
  const drop: Dropout = (site, x) => {
    const keep = probabilities.get(site);
    return keep === undefined ? x : dropout(x, required(inputs, `dropout/${site}`), keep);
  };
  let kept: tf.Tensor | undefined;
  const sumOfLosses = (...values: tf.Tensor[]): tf.Scalar => {
    const logits = exitLogits(
      encoderParams(Object.fromEntries(names.map((name, i) => [name, values[i] as tf.Tensor]))),
      {
        inputIds: required(inputs, "inputIds") as tf.Tensor2D,
        tokenTypeIds: required(inputs, "tokenTypeIds") as tf.Tensor2D,
        attentionMask: required(inputs, "attentionMask") as tf.Tensor2D,
      },
      { config, exitLayers, pooling, dropout: drop, nextSegmentInput: objective.nextSegmentInput },
    );
    const each = logits.map((l) =>
      crossEntropy(
        l,
        required(inputs, "labels") as tf.Tensor1D,
        required(inputs, "weights") as tf.Tensor1D,
      ),
    );
    // tfjs disposes of all that is made in here, but for what is kept.
    kept = tf.keep(tf.stack(each));
    return tf.addN(each) as tf.Scalar;
  };
  const { value, grads } = tf.valueAndGrads(sumOfLosses)(names.map((n) => required(params, n)));
  value.dispose();
  if (kept === undefined) throw new Error("training step: the loss was not computed");
  const losses = tf.clone(kept) as tf.Tensor1D;
  kept.dispose();
  return { losses, gradients: grads };
}

/**
 * One training step as a pure function on tfjs tensors, for `compileLoop`: forward, backward,
 * clipping, AdamW. It tells the exits' losses `[E]` and the gradient's global norm before clipping.
 */
export function trainingStep(definition: StepDefinition): LoopDefinition["step"] {
  const { parameters, maxGradientNorm } = definition;
  return (state, inputs) => {
    const params = parameterTensors(parameters, state);
    const { losses, gradients } = lossesAndGradients(definition, params, inputs);
    const byName = Object.fromEntries(
      parameters.map((p, i) => [p.name, gradients[i] as tf.Tensor]),
    );
    const tensors = stateTensors(parameters).map((t) => ({
      ...t,
      gradient: gradientOf(t, byName),
    }));
    const norm = globalNorm(tensors.map((t) => t.gradient));
    const scale = maxGradientNorm === "off" ? undefined : clipScale(norm, maxGradientNorm);
    const scalars: AdamScalars = {
      keep: required(inputs, "keep"),
      stepSize: required(inputs, "stepSize"),
      epsilon: required(inputs, "epsilon"),
    };
    const next: Record<string, tf.Tensor> = {};
    for (const { name, gradient, decay } of tensors) {
      const before = {
        param: required(state, `param/${name}`),
        m: required(state, `m/${name}`),
        v: required(state, `v/${name}`),
      };
      const after = adamW(before, gradient, scalars, decay, scale);
      for (const part of stateParts) next[`${part}/${name}`] = after[part];
    }
    return { state: next, outputs: { losses, gradientNorm: norm } };
  };
}

function required(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new RangeError(`training step: no tensor "${name}"`);
  return tensor;
}

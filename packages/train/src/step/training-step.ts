import * as tf from "@tensorflow/tfjs";
import { elementCount, type TensorSpecs } from "@sweetspot/compile";
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
import { combineGradients } from "./combine-gradients.ts";
import { courseInput, courseSpecs, rateIndex } from "./course.ts";
import { crossEntropy, softCrossEntropy } from "./cross-entropy.ts";
import {
  keepProbability,
  maskInput,
  maskKeySpecs,
  type MaskSource,
  masksOfKeys,
} from "./dropout-masks.ts";
import {
  type ClassifierGradients,
  gradientConflict,
  layerOf,
  reachedLayers,
} from "./gradient-conflict.ts";
import type { Objective } from "../objectives/objective.ts";
import {
  gradientOf,
  parameterTensors,
  required,
  type StateTensor,
  stateParts,
  stateTensors,
  type Tensors,
} from "./state-layout.ts";
import { scaleGradient, segmentInput } from "./segment-input.ts";

/** The definition of a training step: everything but its numbers. */
export interface StepDefinition {
  config: EncoderConfig;
  pooling: Pooling;
  exitLayers: readonly number[];
  /** The trained parameters; of the word embeddings only the rows that occur. */
  parameters: readonly ParameterSpec[];
  objective: StepObjective;
  maxGradientNorm: number | "off";
  /** Where dropout acts; empty for no dropout. */
  dropoutSites: readonly DropoutSite[];
  /** Whether the step reports how the classifiers' gradients align with each other and with the update. */
  gradientConflict?: boolean | undefined;
}

/** The part of an objective that a step needs. */
export type StepObjective = Omit<Objective, "models">;

/** The name of the teacher's logits among a step's inputs. */
export const teacherInput = "teacher";

/**
 * The inputs of one step; `B` and `T` may differ from step to step.
 *
 * @param varying the objective's inputs: see `objectiveInputs`
 * @param masks where dropout masks come from: inputs `dropout/SITE`, or keys
 */
export function stepInputs(
  dropoutSites: readonly DropoutSite[],
  varying: TensorSpecs = {},
  masks: MaskSource = "host",
): TensorSpecs {
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
    ...varying,
    ...(masks === "host"
      ? Object.fromEntries(
          dropoutSites.map((s) => [maskInput(s.name), { dtype: "bool", shape: s.shape }]),
        )
      : maskKeySpecs(dropoutSites)),
  };
}

/** An objective's inputs at each step: its own values, and a teacher's logits, `[B, K]`. */
export function objectiveInputs(
  objective: StepObjective,
  exitLayers: readonly number[],
  classes: number,
): TensorSpecs {
  return {
    ...courseSpecs(objective, exitLayers),
    ...(objective.teacher && { [teacherInput]: { dtype: "float32", shape: ["B", classes] } }),
  };
}

/** What losses and gradients depend on. */
type ForwardDefinition = Omit<StepDefinition, "maxGradientNorm" | "gradientConflict">;

/**
 * The exits' cross entropies, `[E]`, of the objective's forward pass, and the gradients of the minimised
 * loss (by default their sum), in the order of `definition.parameters`. The caller disposes of both, or
 * wraps the call in `tf.tidy`.
 */
export function lossesAndGradients(
  definition: ForwardDefinition,
  params: Tensors,
  inputs: Tensors,
): { losses: tf.Tensor1D; gradients: tf.Tensor[] } {
  const names = definition.parameters.map((p) => p.name);
  let kept: tf.Tensor | undefined;
  const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]): tf.Scalar => {
    const moved = Object.fromEntries(names.map((name, i) => [name, values[i] as tf.Tensor]));
    const { entropies, minimised } = exitLosses(definition, moved, inputs);
    // tfjs disposes of every tensor made in here, unless it is kept.
    kept = tf.keep(tf.stack(entropies));
    return tf.addN(minimised) as tf.Scalar;
  })(names.map((n) => required(params, n)));
  value.dispose();
  if (kept === undefined) throw new Error("training step: the loss was not computed");
  const losses = tf.clone(kept) as tf.Tensor1D;
  kept.dispose();
  return { losses, gradients: grads };
}

/**
 * Each classifier's own gradient of the parameters that it reaches, `[E][P]`, in the order of
 * `definition.parameters`; their sum is that of `lossesAndGradients`. Disposal as there.
 */
export function classifierGradients(
  definition: ForwardDefinition,
  params: Tensors,
  inputs: Tensors,
): { losses: tf.Tensor1D; gradients: ClassifierGradients[] } {
  const { parameters, exitLayers, objective } = definition;
  const reached = reachedLayers(exitLayers, objective.isolated);
  const losses: tf.Tensor[] = [];
  const gradients = exitLayers.map((exitLayer, exit) => {
    const moved = parameters.filter(({ name }) => {
      const layer = layerOf(name);
      return layer === undefined
        ? name.startsWith(`exits.${exitLayer}.`) || name.startsWith("pooler.")
        : reached.some((r) => r.exit === exit && r.layer === layer);
    });
    const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]): tf.Scalar => {
      const own = Object.fromEntries(moved.map(({ name }, i) => [name, values[i] as tf.Tensor]));
      const { entropies, minimised } = exitLosses(definition, { ...params, ...own }, inputs);
      losses.push(tf.keep(tf.clone(entropies[exit] as tf.Scalar)));
      return minimised[exit] as tf.Scalar;
    })(moved.map(({ name }) => required(params, name)));
    value.dispose();
    return parameters.map((p) => grads[moved.indexOf(p)]);
  });
  const together = tf.stack(losses) as tf.Tensor1D;
  for (const loss of losses) loss.dispose();
  return { losses: together, gradients };
}

/** Each exit's cross entropy, and its term in the minimised loss: scalars. */
function exitLosses(
  { config, exitLayers, pooling, objective, dropoutSites }: ForwardDefinition,
  params: Tensors,
  inputs: Tensors,
): { entropies: tf.Scalar[]; minimised: tf.Scalar[] } {
  const probabilities = new Map(dropoutSites.map((s) => [s.name, keepProbability(s.probability)]));
  const drop: Dropout = (site, x) => {
    const keep = probabilities.get(site);
    return keep === undefined ? x : dropout(x, required(inputs, maskInput(site)), keep);
  };
  const passing = inputs[courseInput.passing];
  const next = segmentInput(objective);
  const logits = exitLogits(
    encoderParams(params),
    {
      inputIds: required(inputs, "inputIds") as tf.Tensor2D,
      tokenTypeIds: required(inputs, "tokenTypeIds") as tf.Tensor2D,
      attentionMask: required(inputs, "attentionMask") as tf.Tensor2D,
    },
    {
      config,
      exitLayers,
      pooling,
      dropout: drop,
      nextSegmentInput: (x) => (passing === undefined ? next(x) : scaleGradient(x, passing)),
    },
  );
  const labels = required(inputs, "labels") as tf.Tensor1D;
  const weights = required(inputs, "weights") as tf.Tensor1D;
  const entropies = logits.map((l) => crossEntropy(l, labels, weights));
  const { teacher } = objective;
  const taught = logits.map((l, e) => {
    const own = entropies[e] as tf.Scalar;
    if (teacher === undefined) return own;
    const { share, temperature } = teacher;
    const soft = softCrossEntropy(
      l,
      required(inputs, teacherInput) as tf.Tensor2D,
      weights,
      temperature,
    );
    return tf.add(tf.mul(own, 1 - share), tf.mul(soft, share * temperature ** 2)) as tf.Scalar;
  });
  const counts = inputs[courseInput.lossWeights];
  if (counts === undefined) return { entropies, minimised: taught };
  const each = tf.split(counts, exitLayers.length).map((count) => count.asScalar());
  return { entropies, minimised: taught.map((l, e) => tf.mul(l, each[e] as tf.Scalar)) };
}

/**
 * One training step as a pure function on tfjs tensors, for `compileLoop`: forward, backward,
 * clipping, AdamW. Its outputs are the exits' losses `[E]` and the gradient's global norm before
 * clipping; with `gradientConflict`, that function's cosines too.
 */
export function trainingStep(definition: StepDefinition): LoopDefinition["step"] {
  const { parameters, maxGradientNorm, exitLayers, objective } = definition;
  return (state, fed) => {
    const inputs = withMasks(fed, definition.dropoutSites);
    const params = parameterTensors(parameters, state);
    const { losses, gradients, ofClassifiers } = followedGradients(definition, params, inputs);
    const byName = Object.fromEntries(
      parameters.map((p, i) => [p.name, gradients[i] as tf.Tensor]),
    );
    const rates = inputs[courseInput.rates];
    const tensors = stateTensors(parameters).map((t) => {
      const rate = rates && rateOf(t, rates, exitLayers);
      const gradient = gradientOf(t, byName);
      // Frozen parameters do not count in the norm.
      return { ...t, rate, gradient: rate ? tf.mul(gradient, tf.step(rate)) : gradient };
    });
    const norm = globalNorm(tensors.map((t) => t.gradient));
    const scale = maxGradientNorm === "off" ? undefined : clipScale(norm, maxGradientNorm);
    const scalars: AdamScalars = {
      keep: required(inputs, "keep"),
      stepSize: required(inputs, "stepSize"),
      epsilon: required(inputs, "epsilon"),
    };
    const next: Record<string, tf.Tensor> = {};
    const changes: Record<string, tf.Tensor> = {};
    for (const { name, gradient, decay, rate } of tensors) {
      const before = {
        param: required(state, `param/${name}`),
        m: required(state, `m/${name}`),
        v: required(state, `v/${name}`),
      };
      const after = adamW(before, gradient, rate ? atRate(scalars, rate) : scalars, decay, scale);
      for (const part of stateParts) next[`${part}/${name}`] = after[part];
      if (definition.gradientConflict) changes[`param/${name}`] = tf.sub(after.param, before.param);
    }
    const outputs = { losses, gradientNorm: norm };
    if (!definition.gradientConflict) return { state: next, outputs };
    const change = parameterTensors(parameters, changes);
    const names = parameters.map((p) => p.name);
    const conflict = gradientConflict(
      names,
      ofClassifiers,
      names.map((n) => required(change, n)),
      { exitLayers, isolated: objective.isolated },
    );
    return { state: next, outputs: { ...outputs, ...conflict } };
  };
}

/** A step's inputs, with masks made from keys if it has keys. */
function withMasks(inputs: Tensors, sites: readonly DropoutSite[]): Tensors {
  const [B, T] = required(inputs, "inputIds").shape as [number, number];
  return { ...inputs, ...masksOfKeys(sites, inputs, { B, T }) };
}

/** The gradients that a step follows, and each classifier's own where they are needed. */
function followedGradients(
  definition: StepDefinition,
  params: Tensors,
  inputs: Tensors,
): { losses: tf.Tensor1D; gradients: tf.Tensor[]; ofClassifiers: ClassifierGradients[] } {
  const { objective, gradientConflict: asked } = definition;
  if (!asked && objective.combine === undefined)
    return { ...lossesAndGradients(definition, params, inputs), ofClassifiers: [] };
  const { losses, gradients } = classifierGradients(definition, params, inputs);
  const followed = combineGradients(gradients, objective.combine);
  return { losses, gradients: followed, ofClassifiers: gradients };
}

/** The share of the learning rate of one of the state's tensors: a scalar, or one number per element. */
function rateOf(
  { parameters }: StateTensor,
  rates: tf.Tensor,
  exitLayers: readonly number[],
): tf.Tensor {
  const indices = parameters.map(({ name }) => rateIndex(name, exitLayers));
  if (parameters.length === 1) return tf.gather(rates, tf.scalar(indices[0] ?? 0, "int32"));
  const each = parameters.flatMap(({ shape }, i) =>
    Array.from({ length: elementCount(shape) }, () => indices[i] ?? 0),
  );
  return tf.gather(rates, tf.tensor1d(each, "int32"));
}

/** AdamW's scalars for a share of the learning rate, in its step and in its decay. */
function atRate({ keep, stepSize, epsilon }: AdamScalars, rate: tf.Tensor): AdamScalars {
  return {
    keep: tf.sub(1, tf.mul(rate, tf.sub(1, keep))),
    stepSize: tf.mul(stepSize, rate),
    epsilon,
  };
}

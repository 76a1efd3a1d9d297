/** One step of the small BERT on a batch of seven, op by op in tfjs: gradients, and what they change. */

import {
  encoderParameters,
  exitParameters,
  initialWeights,
  type ParameterSpec,
} from "@sweetspot/model";
import { padBatch } from "@sweetspot/data";
import * as tf from "@tensorflow/tfjs";
import { courseValues } from "../src/step/course.ts";
import { earlyExit } from "../src/objectives/early-exit.ts";
import type { Objective } from "../src/objectives/objective.ts";
import { initialState, stepState } from "../src/step/state-layout.ts";
import {
  classifierGradients,
  lossesAndGradients,
  objectiveInputs,
  type StepDefinition,
  stepInputs,
  teacherInput,
  trainingStep,
} from "../src/step/training-step.ts";
import { smallConfig, smallSplit } from "../src/testing/small-bert.ts";

type Tensors = Record<string, tf.Tensor>;
/** By the parameters' names. */
export type Numbers = Record<string, number[]>;

const exitLayers: number[] = [1, 2];
export const classes = 3;
export const parameters: ParameterSpec[] = [
  ...encoderParameters(smallConfig),
  ...exitParameters(smallConfig, exitLayers, classes, "first-token"),
];
export const names: string[] = parameters.map((p) => p.name);
const weights = initialWeights(parameters, smallConfig, 5);
export const teacher: Float32Array = Float32Array.from(
  { length: 7 * classes },
  (_, i) => ((5 * i) % 11) / 2 - 2,
);

/** A batch of seven, and the objective's values at a step. */
export function inputsAt(objective: Objective, step = 0, totalSteps = 10): Tensors {
  const indices = Int32Array.of(0, 1, 2, 3, 4, 5, 6);
  const {
    batchSize: _,
    length: __,
    ...batch
  } = padBatch(smallSplit(7), { indices, length: 11 }, 7);
  const arrays: Record<string, ArrayLike<number>> = {
    ...batch,
    keep: [0.98],
    stepSize: [0.01],
    epsilon: [1e-8],
    [teacherInput]: teacher,
    ...courseValues(objective, { step, totalSteps, exitLayers }),
  };
  const specs = stepInputs([], objectiveInputs(objective, exitLayers, classes));
  const sizes: Record<string, number> = { B: 7, T: 11 };
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => {
      const concrete = shape.map((d) => (typeof d === "string" ? (sizes[d] ?? NaN) : d));
      return [name, tf.tensor(Array.from(arrays[name] ?? []), concrete, dtype)];
    }),
  );
}

export const definitionOf = (objective: Objective): Omit<StepDefinition, "maxGradientNorm"> => ({
  config: smallConfig,
  pooling: "first-token",
  exitLayers,
  parameters,
  objective,
  dropoutSites: [],
});

/** The parameters before the first step. */
export const params = (): Tensors =>
  Object.fromEntries(
    Object.entries(weights).map(([n, { data, shape }]) => [n, tf.tensor(data, [...shape])]),
  );

/** The gradient that a step of an objective follows, by parameter. */
export function followed(objective: Objective, step = 0, totalSteps = 10): Numbers {
  return tf.tidy(() => {
    const { gradients } = lossesAndGradients(
      definitionOf(objective),
      params(),
      inputsAt(objective, step, totalSteps),
    );
    return byName(gradients);
  });
}

/** Each classifier's own; zeros where it does not reach. */
export function ofEach(objective: Objective, step = 0, totalSteps = 10): Numbers[] {
  return tf.tidy(() => {
    const { gradients } = classifierGradients(
      definitionOf(objective),
      params(),
      inputsAt(objective, step, totalSteps),
    );
    return gradients.map((of) =>
      byName(of.map((g, p) => g ?? tf.zeros([...(parameters[p]?.shape ?? [])]))),
    );
  });
}

/** Gradients in the order of the parameters, by their names. */
export function byName(gradients: readonly tf.Tensor[]): Numbers {
  return Object.fromEntries(names.map((n, i) => [n, [...(gradients[i]?.dataSync() ?? [])]]));
}

/** `sum_k factors[k] * terms[k]` */
export function combined(factors: readonly number[], terms: readonly Numbers[]): Numbers {
  return Object.fromEntries(
    names.map((n) => [
      n,
      (terms[0]?.[n] ?? []).map((_, i) =>
        factors.reduce((sum, f, k) => sum + f * (terms[k]?.[n]?.[i] ?? NaN), 0),
      ),
    ]),
  );
}

/** The largest distance between two gradients. */
export function apart(a: Numbers, b: Numbers): number {
  return Math.max(
    ...names.flatMap((n) => (a[n] ?? [NaN]).map((x, i) => Math.abs(x - (b[n]?.[i] ?? NaN)))),
  );
}

/** The largest number in the gradient of some parameters. */
export const size = (gradient: Numbers, of: (name: string) => boolean): number =>
  Math.max(0, ...names.filter(of).flatMap((n) => (gradient[n] ?? []).map(Math.abs)));

let known: Numbers[] | undefined;
/** Early-exit's classifiers' gradients, computed once. */
export const each = (): Numbers[] => (known ??= ofEach(earlyExit));

/** The state before the first step. */
export function stateTensorsOf(): Tensors {
  const state = initialState(parameters, weights);
  return Object.fromEntries(
    Object.entries(stepState(parameters)).map(([name, { shape }]) => [
      name,
      tf.tensor(state[name] ?? [], shape as number[]),
    ]),
  );
}

/** What one step changes of each part of the state. */
export function changes(objective: Objective, step: number): { norm: number; change: Numbers } {
  return tf.tidy(() => {
    const state = stateTensorsOf();
    const next = trainingStep({ ...definitionOf(objective), maxGradientNorm: "off" })(
      state,
      inputsAt(objective, step),
    );
    const part = (of: Readonly<Tensors>): Numbers =>
      Object.fromEntries(
        Object.entries(of)
          .filter(([n]) => n.startsWith("param/"))
          .map(([n, t]) => [n, [...t.dataSync()]]),
      );
    const before = part(state);
    const after = part(next.state);
    return {
      norm: next.outputs["gradientNorm"]?.dataSync()[0] ?? NaN,
      change: Object.fromEntries(
        Object.entries(after).map(([n, a]) => [n, a.map((x, i) => x - (before[n]?.[i] ?? NaN))]),
      ),
    };
  });
}

import * as tf from "@tensorflow/tfjs";
import type { HostTensor } from "@sweetspot/artifact";
import { elementCount, type TensorSpecs } from "@sweetspot/compile";
import type { ParameterSpec } from "@sweetspot/model";
import { decays } from "./adamw.ts";

/** A step's tensors by their names. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/**
 * A tensor of the training state. Each exists three times: the parameters, and AdamW's two running means.
 * Biases and norms are short and many, and decay leaves them out: they are one vector, end to end, so
 * that one update moves them all.
 */
export interface StateTensor {
  name: string;
  shape: readonly number[];
  /** The parameters in it, in order. */
  parameters: readonly ParameterSpec[];
  /** Whether weight decay acts on it. */
  decay: boolean;
}

/** The parts of the state by their prefix: parameters, means of the gradients, means of their squares. */
export const stateParts = ["param", "m", "v"] as const;

/** The layout of the parameters in the state. */
export function stateTensors(parameters: readonly ParameterSpec[]): StateTensor[] {
  const spared = parameters.filter((p) => !decays(p.role));
  const alone = parameters.filter((p) => decays(p.role));
  const vector = { name: "biases-and-norms", parameters: spared, decay: false };
  return [
    ...alone.map(({ name, shape }, i) => ({
      name,
      shape,
      parameters: alone.slice(i, i + 1),
      decay: true,
    })),
    ...(spared.length > 0 ? [{ ...vector, shape: [total(spared)] }] : []),
  ];
}

/** The state's tensors by their names: `param/…`, `m/…`, `v/…`. */
export function stepState(parameters: readonly ParameterSpec[]): TensorSpecs {
  return Object.fromEntries(
    stateParts.flatMap((part) =>
      stateTensors(parameters).map(({ name, shape }) => [
        `${part}/${name}`,
        { dtype: "float32", shape },
      ]),
    ),
  );
}

/**
 * The state before the first step.
 *
 * @param weights of each parameter, float32
 * @throws RangeError if one is missing
 */
export function initialState(
  parameters: readonly ParameterSpec[],
  weights: Readonly<Record<string, HostTensor>>,
): Record<string, Float32Array> {
  const state: Record<string, Float32Array> = {};
  for (const { name, parameters: held } of stateTensors(parameters)) {
    const data = held.map((p) => {
      const values = weights[p.name]?.data;
      if (!(values instanceof Float32Array))
        throw new RangeError(`training: no float32 weights for ${p.name}`);
      return values;
    });
    const [only, ...more] = data;
    state[`param/${name}`] =
      only === undefined || more.length > 0 ? Float32Array.from(data.flatMap((d) => [...d])) : only;
    for (const part of ["m", "v"]) state[`${part}/${name}`] = new Float32Array(total(held));
  }
  return state;
}

/** The parameters by their names, in their own order, from the state's arrays, whose memory they share. */
export function weightsOf(
  parameters: readonly ParameterSpec[],
  state: Readonly<Record<string, unknown>>,
): Record<string, HostTensor> {
  const found = new Map<string, HostTensor>();
  for (const { name, parameters: held } of stateTensors(parameters)) {
    const data = state[`param/${name}`] as Float32Array;
    let at = 0;
    for (const { name: parameter, shape } of held) {
      found.set(parameter, { shape, data: data.subarray(at, at + elementCount(shape)) });
      at += elementCount(shape);
    }
  }
  return Object.fromEntries(
    parameters.flatMap(({ name }) => {
      const tensor = found.get(name);
      return tensor === undefined ? [] : [[name, tensor]];
    }),
  );
}

/** The parameters by their names, from the state's tensors. */
export function parameterTensors(parameters: readonly ParameterSpec[], state: Tensors): Tensors {
  return Object.fromEntries(
    stateTensors(parameters).flatMap(({ name, parameters: held }) => {
      const tensor = required(state, `param/${name}`);
      if (held.length === 1) return held.map((p) => [p.name, tensor.reshape([...p.shape])]);
      const sizes = held.map((p) => elementCount(p.shape));
      return tf
        .split(tensor, sizes)
        .map((t, i) => [held[i]?.name, t.reshape([...(held[i]?.shape ?? [])])]);
    }),
  );
}

/** The gradient of one of the state's tensors, from those of the parameters. */
export function gradientOf({ shape, parameters }: StateTensor, gradients: Tensors): tf.Tensor {
  const each = parameters.map(({ name }) => {
    const gradient = gradients[name];
    if (gradient === undefined) throw new RangeError(`training step: no gradient of ${name}`);
    return gradient;
  });
  const [only] = each;
  if (each.length === 1 && only !== undefined) return only.reshape([...shape]);
  return tf.concat(each.map((g) => g.flatten()));
}

/** One of a step's tensors. @throws RangeError if there is none of this name */
export function required(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new RangeError(`training step: no tensor "${name}"`);
  return tensor;
}

function total(parameters: readonly ParameterSpec[]): number {
  return parameters.reduce((sum, p) => sum + elementCount(p.shape), 0);
}

import {
  bindInputs,
  type Graph,
  type NamedTensors,
  type TensorSpecs,
  trace,
} from "@sweetspot/compile";
import {
  type Checkpoint,
  type EncoderParams,
  encoderParams,
  type ParameterSpec,
} from "@sweetspot/model";
import type * as tf from "@tensorflow/tfjs";

/**
 * Traces a function of a checkpoint's parameters and of inputs, and binds the parameters to the weights.
 *
 * @param parameters those that the function needs
 * @param inputs the graph's inputs; the function gets each of them by its name
 * @throws as `trace` does; RangeError for a tensor that the checkpoint lacks
 */
export function boundGraph(
  { weights }: Pick<Checkpoint, "weights">,
  parameters: readonly ParameterSpec[],
  inputs: TensorSpecs,
  compute: (p: EncoderParams, input: (name: string) => tf.Tensor) => NamedTensors,
): Graph {
  const specs = Object.fromEntries(
    parameters.map(({ name, shape }) => [name, { dtype: "float32", shape } as const]),
  );
  const graph = trace(
    (tensors) => {
      const tensor = (name: string) => tensors[name] as tf.Tensor; // one for each of the specs
      const byName = Object.keys(specs).map((name) => [name, tensor(name)]);
      return compute(encoderParams(Object.fromEntries(byName)), tensor);
    },
    { ...inputs, ...specs },
  );
  return bindInputs(
    graph,
    Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => {
        const data = weights[name]?.data;
        if (!(data instanceof Float32Array))
          throw new RangeError(`export: the checkpoint has no float32 tensor "${name}"`);
        return [name, { ...spec, data }];
      }),
    ),
  );
}

import {
  bindInputs,
  type Graph,
  type GraphNode,
  optimiseInference,
  type TensorSpecs,
  trace,
  type ValueInfo,
} from "@sweetspot/compile";
import {
  type Checkpoint,
  type EncoderConfig,
  encoderParameters,
  encoderParams,
  exitLogits,
  exitParameters,
} from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";

/** ONNX's numbers for dtypes. */
const onnxTypes = { float32: 1, int32: 6 } as const;

/** What the graph takes, and the trace's name and dtype for it. */
const border = {
  input_ids: { traced: "inputIds", dtype: "int32" },
  attention_mask: { traced: "attentionMask", dtype: "float32" },
  token_type_ids: { traced: "tokenTypeIds", dtype: "int32" },
} as const;

/** Whether an encoder tells a first text from a second. */
export function knowsTypes({ typeVocabSize }: Pick<EncoderConfig, "typeVocabSize">): boolean {
  return typeVocabSize > 1;
}

/** What the logits of an exit are called: `logits` of the last, `logits_N` after layer N of the others. */
export function logitsName(exitLayers: readonly number[], layer: number): string {
  return layer === exitLayers.at(-1) ? "logits" : `logits_${layer}`;
}

/**
 * A whole model as one graph, weights included, with the inputs and outputs that transformers.js and
 * Optimum give such a file.
 *
 * Inputs, int64 `[batch_size, sequence_length]`: `input_ids`, `attention_mask`, and `token_type_ids`
 * where the encoder knows types. Outputs, float32 `[batch_size, K]`: `logits` of the last exit, then
 * `logits_N` of each exit before it, after layer N.
 *
 * @throws as `trace` does; RangeError for a tensor that the checkpoint lacks
 */
export function wholeGraph(checkpoint: Checkpoint): Graph {
  const { config, exitLayers, pooling, labels, weights } = checkpoint;
  const parameters = [
    ...encoderParameters(config),
    ...exitParameters(config, exitLayers, labels.length, pooling),
  ];
  const shape = ["batch_size", "sequence_length"];
  const inputs = Object.entries(border).filter(
    ([name]) => name !== "token_type_ids" || knowsTypes(config),
  );
  const specs: TensorSpecs = {
    ...Object.fromEntries(inputs.map(([, { traced, dtype }]) => [traced, { dtype, shape }])),
    ...Object.fromEntries(
      parameters.map((p) => [p.name, { dtype: "float32", shape: p.shape } as const]),
    ),
  };
  const graph = trace((tensors) => {
    const tensor = (name: string) => tensors[name] as tf.Tensor; // one for each of the specs
    const inputIds = tensor("inputIds") as tf.Tensor2D;
    const logits = exitLogits(
      encoderParams(Object.fromEntries(parameters.map(({ name }) => [name, tensor(name)]))),
      {
        inputIds,
        attentionMask: tensor("attentionMask") as tf.Tensor2D,
        tokenTypeIds: knowsTypes(config)
          ? (tensor("tokenTypeIds") as tf.Tensor2D)
          : tf.zeros(inputIds.shape, "int32"),
      },
      { config, exitLayers, pooling },
    );
    return Object.fromEntries(
      exitLayers
        .map((layer, k) => [logitsName(exitLayers, layer), logits[k] as tf.Tensor])
        .toReversed(), // one for each exit
    );
  }, specs);
  const bound = bindInputs(
    graph,
    Object.fromEntries(
      parameters.map((p) => {
        const data = weights[p.name]?.data;
        if (!(data instanceof Float32Array))
          throw new RangeError(`export: the checkpoint has no float32 tensor "${p.name}"`);
        return [p.name, { dtype: "float32", shape: p.shape, data } as const];
      }),
    ),
  );
  return withBorder(optimiseInference(bound));
}

/** Gives the graph int64 inputs of Hugging Face's names, cast to what the trace knows them as. */
function withBorder(graph: Graph): Graph {
  const casts: GraphNode[] = [];
  const inputs: ValueInfo[] = [];
  for (const [name, { traced, dtype }] of Object.entries(border)) {
    const input = graph.inputs.find((i) => i.name === traced);
    if (input === undefined) continue;
    inputs.push({ ...input, name, dtype: "int64" });
    casts.push({
      op: "Cast",
      domain: "",
      inputs: [name],
      outputs: [traced],
      attributes: { to: onnxTypes[dtype] },
      kernel: "input",
    });
  }
  return { ...graph, inputs, nodes: [...casts, ...graph.nodes] };
}

import {
  type Graph,
  type GraphNode,
  optimiseInference,
  type TensorSpecs,
  type ValueInfo,
} from "@sweetspot/compile";
import {
  type Checkpoint,
  type EncoderConfig,
  encoderParameters,
  exitLogits,
  exitParameters,
} from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";
import { boundGraph } from "../bound-graph.ts";

/** ONNX's codes for dtypes. */
const onnxTypes = { float32: 1, int32: 6 } as const;

/** The graph's inputs, with their names and dtypes in the trace. */
const border = {
  input_ids: { traced: "inputIds", dtype: "int32" },
  attention_mask: { traced: "attentionMask", dtype: "float32" },
  token_type_ids: { traced: "tokenTypeIds", dtype: "int32" },
} as const;

/** Whether an encoder uses token types. */
export function knowsTypes({ typeVocabSize }: Pick<EncoderConfig, "typeVocabSize">): boolean {
  return typeVocabSize > 1;
}

/** The name of an exit's logits: `logits` for the last exit, `logits_N` for one after layer N. */
export function logitsName(exitLayers: readonly number[], layer: number): string {
  return layer === exitLayers.at(-1) ? "logits" : `logits_${layer}`;
}

/**
 * A whole model as one graph, weights included, with the inputs and outputs that transformers.js and
 * Optimum use.
 *
 * Inputs, int64 `[batch_size, sequence_length]`: `input_ids`, `attention_mask`, and `token_type_ids`
 * if the encoder uses them. Outputs, float32 `[batch_size, K]`: `logits` of the last exit, then
 * `logits_N` of each exit before it, after layer N.
 *
 * @throws as `trace` does; RangeError for a tensor that the checkpoint lacks
 */
export function wholeGraph(checkpoint: Checkpoint): Graph {
  const { config, exitLayers, pooling, labels } = checkpoint;
  const parameters = [
    ...encoderParameters(config),
    ...exitParameters(config, exitLayers, labels.length, pooling),
  ];
  const shape = ["batch_size", "sequence_length"];
  const inputs = Object.entries(border).filter(
    ([name]) => name !== "token_type_ids" || knowsTypes(config),
  );
  const specs: TensorSpecs = Object.fromEntries(
    inputs.map(([, { traced, dtype }]) => [traced, { dtype, shape }]),
  );
  const graph = boundGraph(checkpoint, parameters, specs, (p, input) => {
    const inputIds = input("inputIds") as tf.Tensor2D;
    const logits = exitLogits(
      p,
      {
        inputIds,
        attentionMask: input("attentionMask") as tf.Tensor2D,
        tokenTypeIds: knowsTypes(config)
          ? (input("tokenTypeIds") as tf.Tensor2D)
          : tf.zeros(inputIds.shape, "int32"),
      },
      { config, exitLayers, pooling },
    );
    return Object.fromEntries(
      exitLayers
        .map((layer, k) => [logitsName(exitLayers, layer), logits[k] as tf.Tensor])
        .toReversed(), // one for each exit
    );
  });
  return withBorder(optimiseInference(graph));
}

/** Gives the graph int64 inputs with Hugging Face's names, cast to the dtypes of the trace. */
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

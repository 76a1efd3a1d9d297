import type { Graph, TensorSpecs } from "@sweetspot/compile";
import {
  type Checkpoint,
  embed,
  encoderLayer,
  exitAfter,
  exitParameters,
  layerContext,
  segmentParameters,
  tokensRead,
} from "@sweetspot/model";
import type * as tf from "@tensorflow/tfjs";
import { boundGraph } from "./bound-graph.ts";

/** Which part of a model a segment is. */
export interface SegmentRange {
  /** The layer of the exit before it; 0 for the first segment, which starts with the embeddings. */
  after: number;
  /** The layer of its own exit, counted from 1. */
  exitLayer: number;
  /** Whether it is the model's last segment, which gives only logits. */
  last: boolean;
}

/** The segments of a model, in order. */
export function segmentRanges(exitLayers: readonly number[]): SegmentRange[] {
  return exitLayers.map((exitLayer, i) => ({
    after: exitLayers[i - 1] ?? 0,
    exitLayer,
    last: i === exitLayers.length - 1,
  }));
}

/**
 * One segment of a fine-tuned model as a graph of its own, weights included; batch `B` and length
 * `T` are dynamic.
 *
 * Inputs: `inputIds` int32 `[B, T]`, `tokenTypeIds` int32 `[B, T]` and `attentionMask` float32
 * `[B, T]` of the first segment; `hidden` float32 `[B, T, C]` and `attentionMask` of a later one.
 * Outputs: `nextHidden` `[B, T, C]` (unless it is the last) and `logits` float32 `[B, K]`.
 *
 * @throws as `trace` does
 */
export function segmentGraph(checkpoint: Checkpoint, range: SegmentRange): Graph {
  const { config, pooling, labels } = checkpoint;
  const { after, exitLayer, last } = range;
  const parameters = [
    ...segmentParameters(config, after, exitLayer),
    ...exitParameters(config, [exitLayer], labels.length, pooling),
  ];
  const inputs: TensorSpecs = {
    ...(after === 0
      ? {
          inputIds: { dtype: "int32", shape: ["B", "T"] },
          tokenTypeIds: { dtype: "int32", shape: ["B", "T"] },
        }
      : { hidden: { dtype: "float32", shape: ["B", "T", config.hiddenSize] } }),
    attentionMask: { dtype: "float32", shape: ["B", "T"] },
  };
  const graph = boundGraph(checkpoint, parameters, inputs, (p, input) => {
    const attentionMask = input("attentionMask") as tf.Tensor2D;
    const context = layerContext(p, attentionMask, config);
    let hidden =
      after === 0
        ? embed(
            p,
            {
              inputIds: input("inputIds") as tf.Tensor2D,
              tokenTypeIds: input("tokenTypeIds") as tf.Tensor2D,
              attentionMask,
            },
            config,
          )
        : (input("hidden") as tf.Tensor3D);
    for (let layer = after + 1; layer <= exitLayer; layer++)
      hidden = encoderLayer(
        p,
        layer,
        hidden,
        context,
        config,
        undefined,
        last && layer === exitLayer ? tokensRead(pooling) : "all",
      );
    const logits = exitAfter(p, exitLayer, hidden, attentionMask, config, pooling);
    return last ? { logits } : { nextHidden: hidden, logits };
  });
  return withPlainNames(graph);
}

/** Renames the outputs: `logits:out` in a trace is `logits` in a bundle. */
function withPlainNames(graph: Graph): Graph {
  const plain = (name: string) => name.replace(/:out$/, "");
  return {
    ...graph,
    outputs: graph.outputs.map((o) => ({ ...o, name: plain(o.name) })),
    nodes: graph.nodes.map((n) => ({ ...n, outputs: n.outputs.map(plain) })),
  };
}

import type { Graph } from "../graph/graph.ts";
import { dropReshapes } from "./drop-reshapes.ts";
import { foldTransposes } from "./fold-transposes.ts";
import { fuseAttention } from "./fuse-attention.ts";
import { fuseGelu } from "./fuse-gelu.ts";
import { fuseLayerNorm } from "./fuse-layer-norm.ts";
import { mergeEqualNodes } from "./merge-equal-nodes.ts";
import { removeDeadNodes } from "../graph/passes.ts";

/**
 * The same function in fewer passes over the numbers, for a graph that is saved and runs in
 * ONNX Runtime on any device: layer norm as ONNX's operator, GELU and attention as ONNX Runtime's own, no
 * reshape that another one undoes, each weight stored as its product reads it. It differs in the last bits.
 */
export function optimiseInference(graph: Graph): Graph {
  const passes = [
    mergeEqualNodes,
    foldTransposes,
    dropReshapes,
    fuseGelu,
    fuseLayerNorm,
    fuseAttention,
    dropReshapes,
  ];
  return passes.reduce((best, pass) => removeDeadNodes(pass(best)), graph);
}

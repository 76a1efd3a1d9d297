import type { Device } from "@sweetspot/runtime";
import type { Graph } from "../graph/graph.ts";
import { expandPowers } from "./expand-powers.ts";
import { fuseGelu } from "./fuse-gelu.ts";
import { mergeEqualNodes } from "./merge-equal-nodes.ts";
import { scaledMasks } from "./scaled-masks.ts";
import { scatterRows } from "./scatter-rows.ts";
import { splitAnd } from "./split-and.ts";
import { splitIsNaN } from "./split-is-nan.ts";
import { squareSums } from "./square-sums.ts";
import { removeDeadNodes } from "../graph/passes.ts";

type Pass = readonly [name: string, pass: (graph: Graph) => Graph];

/** In this order: the later passes rely on equal values having one name. */
const passes: readonly Pass[] = [
  ["merge equal nodes", mergeEqualNodes],
  ["fuse GELU", fuseGelu],
  ["sum squares in one pass", squareSums],
];

/** Passes to operators that ONNX Runtime has for some devices only. */
const passesOf: Readonly<Record<Device, readonly Pass[]>> = {
  cpu: [["scale masks in one pass", scaledMasks]],
  cuda: [["scatter whole rows", scatterRows]],
  webgpu: [
    ["scatter whole rows", scatterRows],
    ["compare in place of IsNaN", splitIsNaN],
    ["multiply in place of And", splitAnd],
    ["expand the operands of powers", expandPowers],
  ],
};

export interface OptimiseOptions {
  /** Where the graph is to run; by default `cpu`. */
  device?: Device;
  /** Called with a line for each pass that found something. */
  log?: (line: string) => void;
}

/**
 * The same function in fewer passes over the numbers. Fused operations may round differently in the last
 * bit; everything else is the same to the bit.
 */
export function optimise(
  graph: Graph,
  { device = "cpu", log = () => {} }: OptimiseOptions = {},
): Graph {
  let best = graph;
  for (const [name, pass] of [...passes, ...passesOf[device]]) {
    const next = removeDeadNodes(pass(best));
    if (next.nodes.length !== best.nodes.length)
      log(`${name}: ${best.nodes.length} -> ${next.nodes.length} nodes`);
    best = next;
  }
  return best;
}

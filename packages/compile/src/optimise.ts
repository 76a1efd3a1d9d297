import type { Graph } from "./graph.ts";
import { fuseGelu } from "./optimise/fuse-gelu.ts";
import { mergeEqualNodes } from "./optimise/merge-equal-nodes.ts";
import { scaledMasks } from "./optimise/scaled-masks.ts";
import { squareSums } from "./optimise/square-sums.ts";
import { removeDeadNodes } from "./passes.ts";

/** In this order: equal values have one name once they are merged, which the others look for. */
const passes: readonly (readonly [name: string, pass: (graph: Graph) => Graph])[] = [
  ["merge equal nodes", mergeEqualNodes],
  ["fuse GELU", fuseGelu],
  ["sum squares in one pass", squareSums],
  ["scale masks in one pass", scaledMasks],
];

/**
 * The same function in fewer passes over the numbers. What is fused may round otherwise in the last
 * bit; everything else is the same to the bit.
 *
 * @param log told a line for each pass that found something
 */
export function optimise(graph: Graph, log: (line: string) => void = () => {}): Graph {
  let best = graph;
  for (const [name, pass] of passes) {
    const next = removeDeadNodes(pass(best));
    if (next.nodes.length !== best.nodes.length)
      log(`${name}: ${best.nodes.length} -> ${next.nodes.length} nodes`);
    best = next;
  }
  return best;
}

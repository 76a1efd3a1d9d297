import type { Graph, GraphNode } from "./graph.ts";

/**
 * Gives an output's name to the node that makes it, where the trace put an Identity between them. This
 * saves a copy of each such output, for example AdamW's running means. An output that is an input, a
 * constant or another output keeps its Identity. The numbers stay the same.
 */
export function elideOutputCopies(graph: Graph): Graph {
  const outputs = new Set(graph.outputs.map((o) => o.name));
  const made = new Set(graph.nodes.flatMap((n) => n.outputs));
  const renamed = new Map<string, string>();
  const copies = new Set<GraphNode>();
  for (const node of graph.nodes) {
    const [source] = node.inputs;
    const [output] = node.outputs;
    if (node.op !== "Identity" || source === undefined || output === undefined) continue;
    const free = made.has(source) && !outputs.has(source) && !renamed.has(source);
    if (!outputs.has(output) || !free) continue;
    renamed.set(source, output);
    copies.add(node);
  }
  const name = (n: string) => renamed.get(n) ?? n;
  const nodes = graph.nodes
    .filter((n) => !copies.has(n))
    .map((n) => ({ ...n, inputs: n.inputs.map(name), outputs: n.outputs.map(name) }));
  return { ...graph, nodes };
}

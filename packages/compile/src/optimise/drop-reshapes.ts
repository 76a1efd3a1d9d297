import type { Graph, GraphNode } from "../graph/graph.ts";
import { knownShapes, sameDims } from "./known-shapes.ts";

/** Reshapes that a later one undoes, and those to the shape that a value has already, are left out. */
export function dropReshapes(graph: Graph): Graph {
  const shapes = knownShapes(graph);
  const outputs = new Set(graph.outputs.map((o) => o.name));
  /** What stands for a value, and what each reshape's input was before any reshape. */
  const renamed = new Map<string, string>();
  const sources = new Map<string, string>();
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const inputs = node.inputs.map((name) => renamed.get(name) ?? name);
    const [x = "", target = "", ...rest] = inputs;
    const [y = ""] = node.outputs;
    if (node.op !== "Reshape") return [{ ...node, inputs }];
    const source = sources.get(x) ?? x;
    if (sameDims(shapes.get(source), graph.shapes.get(target)) && !outputs.has(y)) {
      renamed.set(y, source);
      return [];
    }
    sources.set(y, source);
    return [{ ...node, inputs: [source, target, ...rest] }];
  });
  return { ...graph, nodes };
}

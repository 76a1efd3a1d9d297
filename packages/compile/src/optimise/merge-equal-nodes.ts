import type { Constant, Graph, GraphNode } from "../graph/graph.ts";

/** Constants of more bytes are not compared. */
const mostBytes = 256;

/**
 * Computes once what several nodes compute from the same values: a scale that each parameter's update
 * multiplies anew, a shape that is said twice. The numbers stay the same.
 */
export function mergeEqualNodes(graph: Graph): Graph {
  const names = new Map<string, string>();
  const seen = new Map<string, readonly string[]>();
  const outputs = new Set(graph.outputs.map((o) => o.name));
  /** Whether the same has been made before, in which case its names lead to the earlier ones. */
  const isRepeated = (key: string, made: readonly string[]): boolean => {
    const before = seen.get(key);
    if (before === undefined) {
      seen.set(key, made);
      return false;
    }
    if (made.some((name) => outputs.has(name))) return false;
    made.forEach((name, i) => names.set(name, before[i] ?? name));
    return true;
  };
  const constants = new Map(
    [...graph.constants].filter(
      ([name, constant]) =>
        constant.data.byteLength > mostBytes || !isRepeated(constantKey(constant), [name]),
    ),
  );
  const shapes = new Map(
    [...graph.shapes].filter(
      ([name, dims]) => !isRepeated(`shape ${JSON.stringify(dims)}`, [name]),
    ),
  );
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const inputs = node.inputs.map((name) => names.get(name) ?? name);
    const { op, domain, attributes } = node;
    const graphInside = Object.values(attributes).some(
      (a) => typeof a === "object" && "graph" in a,
    );
    const key = JSON.stringify([op, domain, inputs, attributes, node.outputs.length]);
    return !graphInside && isRepeated(key, node.outputs) ? [] : [{ ...node, inputs }];
  });
  return { ...graph, constants, shapes, nodes };
}

function constantKey({ dtype, shape, data }: Constant): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `constant ${dtype} [${shape.join()}] ${bytes.join()}`;
}

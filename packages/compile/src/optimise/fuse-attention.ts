import type { Dim, Graph, GraphNode } from "../graph/graph.ts";
import { knownShapes, sameDims } from "./known-shapes.ts";
import { type Uses, usesOf } from "./uses.ts";

interface Attention {
  /** `[B, T, H, D]` each, as rows. */
  query: string;
  key: string;
  value: string;
  scale: number;
  /** `[B, 1, 1, T]` */
  bias: string;
}

/**
 * `softmax(Q Kᵀ scale + bias) V` over heads, from the projected rows to the rows that the output's
 * projection takes, as one MultiHeadAttention: no head is copied out, no score is passed over twice.
 */
export function fuseAttention(graph: Graph): Graph {
  const uses = usesOf(graph);
  const known = knownShapes(graph);
  const shapes = new Map(graph.shapes);
  /** The bias of each `[B, 1, 1, T]`, as `[B, 1, T, T]`. */
  const biases = new Map<string, string>();
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const found = attentionOf(node, uses);
    if (found === undefined) return [node];
    const dims = known.get(found.query);
    const [b = NaN, t = NaN, heads = NaN, d = NaN] = dims ?? [];
    const alike = [found.key, found.value].every((name) => sameDims(known.get(name), dims));
    const isBias = sameDims(known.get(found.bias), [b, 1, 1, t]);
    if (dims?.length !== 4 || !alike || !isBias || typeof heads !== "number") return [node];
    if (typeof d !== "number") return [node];
    const [output = ""] = node.outputs;
    const made: GraphNode[] = [];
    const add = (op: string, inputs: readonly string[], name: string): string => {
      made.push({ ...node, op, inputs, outputs: [name], attributes: {} });
      return name;
    };
    const vector = (name: string, values: readonly Dim[]): string => {
      shapes.set(name, values);
      return name;
    };
    const rows = vector(`${output}:rows`, [b, t, heads * d]);
    const parts = (["query", "key", "value"] as const).map((part) =>
      add("Reshape", [found[part], rows], `${output}:${part}`),
    );
    const bias =
      biases.get(found.bias) ??
      add("Expand", [found.bias, vector(`${output}:square`, [b, 1, t, t])], `${output}:bias`);
    biases.set(found.bias, bias);
    const context = `${output}:context`;
    made.push({
      ...node,
      op: "MultiHeadAttention",
      domain: "com.microsoft",
      inputs: [...parts, "", "", bias],
      outputs: [context],
      attributes: { num_heads: heads, scale: { float: found.scale } },
    });
    add("Reshape", [context, vector(`${output}:heads`, dims)], output);
    return made;
  });
  return { ...graph, nodes, shapes };
}

/** What a transposed context, `[B, T, H, D]`, is made of. */
function attentionOf(node: GraphNode, uses: Uses): Attention | undefined {
  const { maker, usedOnce, withScalar } = uses;
  /** The input of a transposition that nothing else needs. */
  const transposed = (name: string | undefined, perm: string): string | undefined => {
    const made = maker(name ?? "");
    const isIt = made?.op === "Transpose" && String(made.attributes["perm"]) === perm;
    return isIt && usedOnce(name ?? "") ? made.inputs[0] : undefined;
  };
  if (node.op !== "Transpose" || String(node.attributes["perm"]) !== "0,2,1,3") return undefined;
  const [context = ""] = node.inputs;
  const [probabilities = "", values] = productOf(uses, context);
  const softmax = maker(probabilities);
  const [biased = ""] = softmax?.op === "Softmax" ? softmax.inputs : [];
  const sum = maker(biased);
  const [scaled = "", bias = ""] = sum?.op === "Add" ? sum.inputs : [];
  const { value: scores = "", scalar: scale } = withScalar(maker(scaled), "Mul") ?? {};
  const [queries, keysAcross] = productOf(uses, scores);
  const query = transposed(queries, "0,2,1,3");
  const key = transposed(transposed(keysAcross, "0,1,3,2"), "0,2,1,3");
  const value = transposed(values, "0,2,1,3");
  const alone = [context, probabilities, biased, scaled, scores].every(usedOnce);
  const isLast = softmax?.attributes["axis"] === 3;
  if (query === undefined || key === undefined || value === undefined) return undefined;
  return alone && isLast && scale !== undefined ? { query, key, value, scale, bias } : undefined;
}

/** The factors of a matrix product; none if it is no such. */
function productOf({ maker }: Uses, name: string): readonly string[] {
  const made = maker(name);
  return made?.op === "MatMul" ? made.inputs : [];
}

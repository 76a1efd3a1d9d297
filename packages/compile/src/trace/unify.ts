import {
  type Constant,
  type Dim,
  formatDim,
  type Graph,
  type GraphNode,
  onnxNode,
} from "../graph/graph.ts";
import { onnxType } from "./lowering.ts";
import { symbolicDim } from "./symbolic-dim.ts";

/** A trace and the sizes that its symbols had. */
export interface SizedTrace {
  graph: Graph;
  sizes: Readonly<Record<string, number>>;
}

/**
 * Makes one graph of traces at two sizes: each number that differs becomes a constant times a
 * product of symbols, plus a constant; so does a scalar constant that is a whole number, such as the
 * count that a mean divides by. Holds the result against a third trace.
 *
 * @throws RangeError that names the kernel if the traces differ in more than that
 */
export function unify(a: SizedTrace, b: SizedTrace, check: SizedTrace): Graph {
  sameStructure(a.graph, b.graph);
  sameStructure(a.graph, check.graph);
  const users = usersOf(a.graph);
  const traces = [a, b, check] as const;
  const at = traces.map(({ sizes }) => describeSizes(sizes));
  const dim = (values: readonly (Dim | undefined)[], where: string): Dim => {
    const [x, y, z] = values;
    const found =
      typeof x === "number" && typeof y === "number" && typeof z === "number"
        ? symbolicDim([x, y, z], [a.sizes, b.sizes, check.sizes])
        : undefined;
    if (found !== undefined) return found;
    throw new RangeError(
      `trace: ${where} has a size of ${values.map((v, i) => `${v === undefined ? "none" : formatDim(v)} at ${at[i]}`).join(", ")}, which is no constant times a product of them plus a constant; compute it from tensors instead`,
    );
  };
  const vector = (of: (graph: Graph) => readonly Dim[] | undefined, where: string): Dim[] => {
    const [x = [], y = [], z = []] = traces.map(({ graph }) => of(graph));
    const length = Math.max(x.length, y.length, z.length);
    return Array.from({ length }, (_, i) => dim([x[i], y[i], z[i]], where));
  };
  const shapes = new Map<string, readonly Dim[]>();
  for (const name of a.graph.shapes.keys()) {
    const values = vector((g) => g.shapes.get(name), users.get(name) ?? name);
    shapes.set(name, values);
  }
  const constants = new Map(a.graph.constants);
  const made: GraphNode[] = [];
  for (const [name, constant] of a.graph.constants) {
    const [other, third] = [b.graph.constants.get(name), check.graph.constants.get(name)];
    if (sameConstant(constant, other) && sameConstant(constant, third)) continue;
    const where = users.get(name) ?? name;
    const numbers = [constant, other, third].map(wholeScalar);
    const [x, y, z] = numbers;
    if (x === undefined || y === undefined || z === undefined) {
      throw new RangeError(
        `trace: ${where} uses a constant that differs between the sizes ${at.join("; ")}; make it of whole numbers and tensors (tf.div(x, n), not tf.mul(x, 1 / n); tf.range, tf.fill), or give it as an input`,
      );
    }
    constants.delete(name);
    shapes.set(`${name}:size`, [dim([x, y, z], where)]);
    shapes.set(`${name}:shape`, constant.shape);
    made.push(
      onnxNode("size", "Cast", [`${name}:size`], [`${name}:cast`], {
        to: onnxType[constant.dtype],
      }),
      onnxNode("size", "Reshape", [`${name}:cast`, `${name}:shape`], [name]),
    );
  }
  const outputs = a.graph.outputs.map((output, k) => ({
    ...output,
    shape: vector((g) => g.outputs[k]?.shape, `output ${output.name}`),
  }));
  return { ...a.graph, nodes: [...made, ...a.graph.nodes], constants, shapes, outputs };
}

/** The number of a constant that holds just one, a whole one. */
function wholeScalar(constant: Constant | undefined): number | undefined {
  if (constant === undefined || constant.data.length !== 1) return undefined;
  const [value] = constant.data;
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}

function sameStructure(a: Graph, b: Graph): void {
  const most = Math.max(a.nodes.length, b.nodes.length);
  for (let i = 0; i < most; i++) {
    const [node, other] = [a.nodes[i], b.nodes[i]];
    if (node !== undefined && other !== undefined && wiring(node) === wiring(other)) continue;
    throw new RangeError(
      `trace: the function does ${describeNode(node)} at one size and ${describeNode(other)} at another, or to other tensors; it must do the same at every size`,
    );
  }
}

function describeNode(node: GraphNode | undefined): string {
  return node === undefined ? "nothing" : `kernel ${node.kernel} (${node.op})`;
}

function wiring(node: GraphNode): string {
  return JSON.stringify([node.op, node.inputs, node.outputs, node.attributes]);
}

function sameConstant(a: Constant, b: Constant | undefined): boolean {
  return (
    b !== undefined &&
    a.dtype === b.dtype &&
    a.shape.join() === b.shape.join() &&
    a.data.length === b.data.length &&
    a.data.every((x, i) => Object.is(x, b.data[i]))
  );
}

function usersOf(graph: Graph): Map<string, string> {
  return new Map(
    graph.nodes.flatMap((n) => n.inputs.map((i) => [i, `kernel ${n.kernel} (${n.op})`] as const)),
  );
}

/** `B=5, T=7`, for errors. */
export function describeSizes(sizes: SizedTrace["sizes"]): string {
  return Object.entries(sizes)
    .map(([symbol, size]) => `${symbol}=${size}`)
    .join(", ");
}

import { type Constant, type Dim, dimAt, type Graph, type GraphNode } from "./graph.ts";

/** A trace and the sizes that its symbols had. */
export interface SizedTrace {
  graph: Graph;
  sizes: Readonly<Record<string, number>>;
}

/**
 * Makes one graph of traces at two sizes: each number that differs becomes a constant times a
 * product of symbols, plus a constant. Holds the result against a third trace.
 *
 * @throws RangeError that names the kernel if the traces differ in more than that
 */
export function unify(a: SizedTrace, b: SizedTrace, check: SizedTrace): Graph {
  sameStructure(a.graph, b.graph);
  sameStructure(a.graph, check.graph);
  const users = usersOf(a.graph);
  const dim = (x: Dim | undefined, y: Dim | undefined, z: Dim | undefined, where: string): Dim => {
    if (typeof x !== "number" || typeof y !== "number" || typeof z !== "number") return x ?? NaN;
    const found = symbolicDim([x, y, z], [a.sizes, b.sizes, check.sizes]);
    if (found === undefined) {
      throw new RangeError(
        `trace: ${where} has a size of ${x} at ${describe(a.sizes)}, ${y} at ${describe(b.sizes)} and ${z} at ${describe(check.sizes)}, which is no constant times a product of them plus a constant; compute it from tensors instead`,
      );
    }
    return found;
  };
  const shapes = new Map<string, readonly Dim[]>();
  for (const [name, values] of a.graph.shapes) {
    const [other, third] = [b.graph.shapes.get(name), check.graph.shapes.get(name)];
    shapes.set(
      name,
      values.map((value, i) => dim(value, other?.[i], third?.[i], users.get(name) ?? name)),
    );
  }
  for (const [name, constant] of a.graph.constants) {
    for (const { graph } of [b, check]) {
      if (!sameConstant(constant, graph.constants.get(name))) {
        throw new RangeError(
          `trace: ${users.get(name) ?? name} uses a constant that differs between sizes; make it with tf.range, tf.fill or from an input`,
        );
      }
    }
  }
  const outputs = a.graph.outputs.map((output, k) => ({
    ...output,
    shape: output.shape.map((d, i) =>
      dim(
        d,
        b.graph.outputs[k]?.shape[i],
        check.graph.outputs[k]?.shape[i],
        `output ${output.name}`,
      ),
    ),
  }));
  return { ...a.graph, shapes, outputs };
}

/**
 * `factor * product of symbols + offset` that is each of three numbers at its sizes; each symbol at
 * most squared. Where several fit, the one without an offset and of the lowest power.
 */
function symbolicDim(
  [x, y, z]: readonly [number, number, number],
  sizes: readonly [Sizes, Sizes, Sizes],
): Dim | undefined {
  if (x === y) return x === z ? x : undefined;
  const candidates = products(Object.keys(sizes[0]).sort(), 2).flatMap((symbols) => {
    const [m, n] = [
      dimAt({ factor: 1, symbols }, sizes[0]),
      dimAt({ factor: 1, symbols }, sizes[1]),
    ];
    const factor = (x - y) / (m - n);
    return Number.isInteger(factor) ? [{ factor, symbols, offset: x - factor * m }] : [];
  });
  const fitting = candidates
    .filter((c) => dimAt(c, sizes[1]) === y && dimAt(c, sizes[2]) === z)
    .sort((a, b) => Math.sign(Math.abs(a.offset)) - Math.sign(Math.abs(b.offset)));
  const [best] = fitting;
  if (best === undefined) return undefined;
  const { factor, symbols, offset } = best;
  return offset === 0 ? { factor, symbols } : best;
}

type Sizes = Readonly<Record<string, number>>;

function products(symbols: readonly string[], power: number): string[][] {
  const [first, ...rest] = symbols;
  if (first === undefined) return [[]];
  const tails = products(rest, power);
  return Array.from({ length: power + 1 }, (_, n) =>
    tails.map((t) => [...Array<string>(n).fill(first), ...t]),
  ).flat();
}

function sameStructure(a: Graph, b: Graph): void {
  a.nodes.forEach((node, i) => {
    const other = b.nodes[i];
    if (other === undefined || wiring(node) !== wiring(other)) {
      throw new RangeError(
        `trace: kernel ${node.kernel} (${node.op}) is recorded otherwise at another size${other === undefined ? "" : ` (${other.kernel}, ${other.op})`}; the function must do the same at every size`,
      );
    }
  });
  if (a.nodes.length !== b.nodes.length) {
    throw new RangeError(
      `trace: ${a.nodes.length} operations at one size, ${b.nodes.length} at another; the function must do the same at every size`,
    );
  }
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

function describe(sizes: Readonly<Record<string, number>>): string {
  return Object.entries(sizes)
    .map(([symbol, size]) => `${symbol}=${size}`)
    .join(", ");
}

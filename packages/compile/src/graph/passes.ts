import {
  type Constant,
  describeValue,
  type Dim,
  dimAt,
  elementCount,
  formatDim,
  type Graph,
  type GraphNode,
  onnxNode,
} from "./graph.ts";

/** Removes nodes that no output needs. The numbers stay the same. */
export function removeDeadNodes(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((o) => o.name));
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((o) => needed.has(o))) continue;
    nodes.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  const keep = <T>(map: ReadonlyMap<string, T>) =>
    new Map([...map].filter(([name]) => needed.has(name)));
  return {
    ...graph,
    nodes: nodes.toReversed(),
    constants: keep(graph.constants),
    shapes: keep(graph.shapes),
  };
}

/**
 * Turns inputs into constants, such as the parameters of a model to deploy.
 *
 * @param values by input name; their memory is shared, not copied
 * @throws RangeError for an unknown input, or for a value of another dtype or shape
 */
export function bindInputs(graph: Graph, values: Readonly<Record<string, Constant>>): Graph {
  const constants = new Map(graph.constants);
  const bound = new Set<string>();
  for (const [name, value] of Object.entries(values)) {
    const input = graph.inputs.find((i) => i.name === name);
    if (input === undefined)
      throw new RangeError(
        `bindInputs: there is no input ${name} (has ${graph.inputs.map((i) => i.name).join(", ")})`,
      );
    const [expected, got] = [describeValue(input), describeValue(value)];
    if (expected !== got)
      throw new RangeError(`bindInputs: ${name} must be ${expected}, got ${got}`);
    const count = elementCount(value.shape);
    if (value.data.length !== count)
      throw new RangeError(
        `bindInputs: ${name} must hold ${count} numbers, got ${value.data.length}`,
      );
    constants.set(name, value);
    bound.add(name);
  }
  return { ...graph, constants, inputs: graph.inputs.filter((i) => !bound.has(i.name)) };
}

/**
 * Writes the int64 vectors as constants and, where they depend on the sizes, as nodes that compute
 * them from the shapes of the inputs. Equal vectors are computed once.
 *
 * @throws RangeError if a symbol is no input's dimension
 */
export function materialiseShapes(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const nodes: GraphNode[] = [];
  const known = new Map<string, string>();
  const renamed = new Map<string, string>();
  const node = (op: string, inputs: string[], attributes: GraphNode["attributes"] = {}): string => {
    const output = `d:${nodes.length}`;
    nodes.push(onnxNode("shape", op, inputs, [output], attributes));
    return output;
  };
  const once = (key: string, make: () => string): string => {
    const name = known.get(key) ?? make();
    known.set(key, name);
    return name;
  };
  const literal = (values: readonly number[]) =>
    once(`[${values.join()}]`, () => {
      const name = `i:${constants.size}`;
      constants.set(name, {
        dtype: "int64",
        shape: [values.length],
        data: BigInt64Array.from(values, BigInt),
      });
      return name;
    });
  const symbol = (s: string) =>
    once(s, () => {
      for (const input of graph.inputs) {
        const axis = input.shape.findIndex(
          (d) => typeof d !== "number" && !d.offset && d.factor === 1 && d.symbols.join() === s,
        );
        if (axis >= 0) return node("Shape", [input.name], { start: axis, end: axis + 1 });
      }
      throw new RangeError(`trace: the size ${s} is no input's dimension`);
    });
  const dim = (d: Dim): string => {
    if (typeof d === "number") return literal([d]);
    const product = d.symbols.reduce<string | undefined>((sofar, s, i) => {
      if (sofar === undefined) return symbol(s);
      return once(d.symbols.slice(0, i + 1).join("*"), () => node("Mul", [sofar, symbol(s)]));
    }, undefined);
    if (product === undefined) return literal([dimAt(d, {})]);
    const scaled =
      d.factor === 1
        ? product
        : once(`${d.factor}*${d.symbols.join("*")}`, () =>
            node("Mul", [product, literal([d.factor])]),
          );
    const { offset } = d;
    return offset === undefined || offset === 0
      ? scaled
      : once(formatDim(d), () => node("Add", [scaled, literal([offset])]));
  };
  for (const [name, values] of graph.shapes) {
    const numbers = values.filter((v) => typeof v === "number");
    if (numbers.length === values.length) {
      renamed.set(name, literal(numbers));
    } else {
      const parts = values.map(dim);
      renamed.set(
        name,
        parts.length === 1
          ? (parts[0] ?? "")
          : once(parts.join("|"), () => node("Concat", parts, { axis: 0 })),
      );
    }
  }
  const body = graph.nodes.map((n) => ({ ...n, inputs: n.inputs.map((i) => renamed.get(i) ?? i) }));
  return { ...graph, nodes: [...nodes, ...body], constants, shapes: new Map() };
}

/** What a parameter is for. Weight decay spares `bias` and `norm`. */
export type ParameterRole = "weight" | "embedding" | "bias" | "norm";

/** A parameter's name, shape and role. */
export interface ParameterSpec {
  /** Hugging Face's name, without a `bert.` in front; `exits.N.…` for the heads. */
  name: string;
  shape: readonly number[];
  role: ParameterRole;
}

/** Of a fully connected layer. */
export function denseParameters(name: string, outputs: number, inputs: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [outputs, inputs], role: "weight" },
    { name: `${name}.bias`, shape: [outputs], role: "bias" },
  ];
}

/** Of a layer norm. */
export function normParameters(name: string, size: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [size], role: "norm" },
    { name: `${name}.bias`, shape: [size], role: "norm" },
  ];
}

/** Arranges values by name into the tree that a model takes: `a.b.c` becomes `{a: {b: {c}}}`. */
export function parameterTree(byName: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const tree: Record<string, unknown> = { exits: {} };
  for (const [name, value] of Object.entries(byName)) {
    const path = name.split(".");
    const last = path.pop() ?? "";
    let node = tree;
    // What lies on the way to a name is a node: no name is the beginning of another.
    for (const step of path) node = (node[step] ??= {}) as Record<string, unknown>;
    node[last] = value;
  }
  return tree;
}

import type { BertParams } from "./bert.ts";
import type { BertConfig } from "./config.ts";
import type { Pooling } from "./exit-head.ts";

/** What a parameter is for. Weight decay spares `bias` and `norm`. */
export type ParameterRole = "weight" | "embedding" | "bias" | "norm";

/** A parameter's name, shape and role. */
export interface ParameterSpec {
  /** Hugging Face's name, without a `bert.` in front; `exits.N.…` for the heads. */
  name: string;
  shape: readonly number[];
  role: ParameterRole;
}

/** Every parameter of the encoder's first `depth` layers, in the order in which they are used. */
export function encoderParameters(
  config: BertConfig,
  depth: number = config.numHiddenLayers,
): ParameterSpec[] {
  const { hiddenSize: c, intermediateSize: f } = config;
  const table = (name: string, rows: number): ParameterSpec => ({
    name: `embeddings.${name}.weight`,
    shape: [rows, c],
    role: "embedding",
  });
  return [
    table("word_embeddings", config.vocabSize),
    table("position_embeddings", config.maxPositionEmbeddings),
    table("token_type_embeddings", config.typeVocabSize),
    ...norm("embeddings.LayerNorm", c),
    ...Array.from({ length: depth }, (_, i) => {
      const layer = `encoder.layer.${i}`;
      return [
        ...dense(`${layer}.attention.self.query`, c, c),
        ...dense(`${layer}.attention.self.key`, c, c),
        ...dense(`${layer}.attention.self.value`, c, c),
        ...dense(`${layer}.attention.output.dense`, c, c),
        ...norm(`${layer}.attention.output.LayerNorm`, c),
        ...dense(`${layer}.intermediate.dense`, f, c),
        ...dense(`${layer}.output.dense`, c, f),
        ...norm(`${layer}.output.LayerNorm`, c),
      ];
    }).flat(),
  ];
}

/** The parameters of the exits' heads. */
export function exitParameters(
  config: BertConfig,
  exitLayers: readonly number[],
  classes: number,
  pooling: Pooling,
): ParameterSpec[] {
  const c = config.hiddenSize;
  return exitLayers.flatMap((layer) => [
    ...(pooling === "first-token" ? dense(`exits.${layer}.pooler.dense`, c, c) : []),
    ...dense(`exits.${layer}.classifier`, classes, c),
  ]);
}

/** Arranges tensors by name into the tree that `bert` takes: `a.b.c` becomes `{a: {b: {c}}}`. */
export function bertParams<T>(byName: Readonly<Record<string, T>>): BertParams<T> {
  const tree: Record<string, unknown> = { exits: {} };
  for (const [name, value] of Object.entries(byName)) {
    const path = name.split(".");
    const last = path.pop() ?? "";
    let node = tree;
    for (const step of path) node = (node[step] ??= {}) as Record<string, unknown>;
    node[last] = value;
  }
  return tree as unknown as BertParams<T>; // the names come from the specs above, which spell the tree out
}

function dense(name: string, outputs: number, inputs: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [outputs, inputs], role: "weight" },
    { name: `${name}.bias`, shape: [outputs], role: "bias" },
  ];
}

function norm(name: string, size: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [size], role: "norm" },
    { name: `${name}.bias`, shape: [size], role: "norm" },
  ];
}

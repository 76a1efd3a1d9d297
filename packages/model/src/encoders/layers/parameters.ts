import type { EncoderShape } from "../encoder-shape.ts";

/** What a parameter is for. Weight decay leaves out `bias` and `norm`. */
export type ParameterRole = "weight" | "embedding" | "bias" | "norm";

/** A parameter's name, shape and role. */
export interface ParameterSpec {
  /** Hugging Face's name, without a `bert.` in front; `exits.N.…` for the heads. */
  name: string;
  shape: readonly number[];
  role: ParameterRole;
}

/** The parameters of a fully connected layer. */
export function denseParameters(name: string, outputs: number, inputs: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [outputs, inputs], role: "weight" },
    { name: `${name}.bias`, shape: [outputs], role: "bias" },
  ];
}

/** The parameters of a layer norm. */
export function normParameters(name: string, size: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [size], role: "norm" },
    { name: `${name}.bias`, shape: [size], role: "norm" },
  ];
}

/** The parameters of the embeddings, in order of use. @param positions rows of the position table; 0 for none */
export function embeddingsParameters(
  { vocabSize, hiddenSize, typeVocabSize }: EncoderShape,
  positions: number,
): ParameterSpec[] {
  const table = (name: string, rows: number): ParameterSpec[] =>
    rows === 0
      ? []
      : [
          {
            name: `embeddings.${name}.weight`,
            shape: [rows, hiddenSize],
            role: "embedding",
          },
        ];
  return [
    ...table("word_embeddings", vocabSize),
    ...table("position_embeddings", positions),
    ...table("token_type_embeddings", typeVocabSize),
    ...normParameters("embeddings.LayerNorm", hiddenSize),
  ];
}

/** The parameters of a transformer layer, in order of use. @param self those of its self-attention, by their names in it */
export function transformerLayerParameters(
  { hiddenSize: c, intermediateSize: f }: EncoderShape,
  layer: number,
  self: readonly ParameterSpec[],
): ParameterSpec[] {
  const name = `encoder.layer.${layer - 1}`;
  return [
    ...self.map((p) => ({ ...p, name: `${name}.attention.self.${p.name}` })),
    ...denseParameters(`${name}.attention.output.dense`, c, c),
    ...normParameters(`${name}.attention.output.LayerNorm`, c),
    ...denseParameters(`${name}.intermediate.dense`, f, c),
    ...denseParameters(`${name}.output.dense`, c, f),
    ...normParameters(`${name}.output.LayerNorm`, c),
  ];
}

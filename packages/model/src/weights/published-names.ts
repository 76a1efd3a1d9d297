import { definitionOf, type EncoderConfig } from "../encoders/definitions.ts";
import type { Pooling } from "../exits/exit-definition.ts";

/** What Hugging Face's classes begin with, by `model_type`. */
const classes: Record<EncoderConfig["modelType"], string> = {
  bert: "Bert",
  roberta: "Roberta",
  "xlm-roberta": "XLMRoberta",
  deberta: "Deberta",
  "deberta-v2": "DebertaV2",
};

/**
 * The class of Python's transformers that reads a model's weights under their published names: that
 * of sequence classification where exits read the first token, else the encoder alone.
 */
export function publishedClass({ modelType }: EncoderConfig, pooling: Pooling): string {
  return `${classes[modelType]}${pooling === "first-token" ? "ForSequenceClassification" : "Model"}`;
}

/**
 * The name that a parameter has in a file for `publishedClass`: the last exit is that class's own
 * head, and the encoder's names have its prefix. Earlier exits keep theirs, which it passes over; of
 * an encoder alone every name stays.
 *
 * Source: Hugging Face transformers 5.23, the classes' `state_dict`.
 */
export function publishedName(
  name: string,
  config: EncoderConfig,
  lastExit: number,
  pooling: Pooling,
): string {
  if (pooling !== "first-token") return name;
  const own = `exits.${lastExit}.`;
  if (name.startsWith(own)) return headName(name.slice(own.length), config.modelType);
  return name.startsWith("exits.") ? name : definitionOf(config).prefix + name;
}

function headName(name: string, modelType: EncoderConfig["modelType"]): string {
  if (modelType === "bert") return name.startsWith("pooler.") ? `bert.${name}` : name;
  if (modelType === "deberta" || modelType === "deberta-v2") return name;
  return name
    .replace(/^classifier\./, "classifier.out_proj.")
    .replace(/^pooler\.dense\./, "classifier.dense.");
}

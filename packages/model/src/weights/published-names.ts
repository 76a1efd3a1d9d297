import { definitionOf, type EncoderConfig } from "../encoders/definitions.ts";
import type { Pooling } from "../exits/exit-definition.ts";

/** The beginning of the names of Hugging Face's classes, by `model_type`. */
const classes: Record<EncoderConfig["modelType"], string> = {
  bert: "Bert",
  roberta: "Roberta",
  "xlm-roberta": "XLMRoberta",
  deberta: "Deberta",
  "deberta-v2": "DebertaV2",
};

/**
 * The class of Python's transformers that reads a model's weights under their published names: the one for
 * sequence classification if exits read the first token, otherwise the bare encoder.
 */
export function publishedClass({ modelType }: EncoderConfig, pooling: Pooling): string {
  return `${classes[modelType]}${pooling === "first-token" ? "ForSequenceClassification" : "Model"}`;
}

/**
 * A parameter's name in a file for `publishedClass`. The last exit becomes the head of that class, and the
 * encoder's names get its prefix. Earlier exits keep their names, which the class ignores. For a bare
 * encoder every name stays.
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

import {
  type Checkpoint,
  headOf,
  type Pooling,
  publishedClass,
  tokensRead,
} from "@sweetspot/model";
import { markdownText, yamlString } from "./escape.ts";
import { knowsTypes, logitsName } from "./whole-graph.ts";

/** What a model card says that does not follow from the checkpoint. */
export interface ModelCard {
  /** The heading. */
  title: string;
  /** `ORG/NAME`, as the examples call the model. */
  name: string;
  /** A licence identifier of the Hub, such as `mit`; the card has none without it. */
  license?: string | undefined;
  /** ISO 639 codes. */
  language?: readonly string[] | undefined;
  /** `ORG/NAME` of the pretrained encoder on the Hub. */
  baseModel?: string | undefined;
  /** `ORG/NAME` of the data sets on the Hub. */
  datasets?: readonly string[] | undefined;
  /** The task's name. */
  task: string;
  /** The training method, by its name in train. */
  method: string;
  /** Its number in a cascade of several models, from 1. */
  member?: { number: number; of: number } | undefined;
  /** The settings of its training: name -> value. */
  settings?: Readonly<Record<string, string>> | undefined;
  measured?: Measured | undefined;
}

/** How a model did on examples that no training step saw. Shares are in `[0, 1]`. */
export interface Measured {
  /** The number of examples. */
  examples: number;
  /** The confidence level of the intervals. */
  confidence: number;
  /** The most frequent label, and the accuracy of always answering it. */
  majority: { label: string; share: number };
  exits: readonly MeasuredExit[];
  /** Empty if the model is one of several. */
  operatingPoints: readonly MeasuredPoint[];
  /** The temperatures that each exit's logits were divided by before the softmax, `[E]`, if any. */
  temperatures?: readonly number[] | undefined;
}

/** One exit answering every example. */
export interface MeasuredExit {
  exitLayer: number;
  accuracy: number;
  interval: readonly [low: number, high: number];
  /** Layers run over the full model's. */
  cost: number;
}

/** The cascade at one threshold; the cost is a mean. */
export interface MeasuredPoint extends Omit<MeasuredExit, "exitLayer"> {
  threshold: number;
}

const methods: Readonly<Record<string, string>> = {
  "early-exit": "Early-Exit: the exits' losses are added up",
  sweet: "SWEET: each layer learns from the next exit above it alone",
  "multi-model": "Multi-Model: separate encoders of growing depth, each from its first layer",
};

/**
 * The model card, `README.md`: YAML for the Hub, then Markdown. Strings from outside are escaped.
 *
 * @param maxLength tokens of the longest text, special tokens included
 * @param curve whether there is a `curve.svg` in the same folder
 */
export function modelCard(
  checkpoint: Checkpoint,
  card: ModelCard,
  maxLength: number,
  curve: boolean,
): string {
  const sections = [
    introduction(checkpoint, card, maxLength),
    exitsSection(checkpoint, card, curve),
    useInJavaScript(checkpoint, card),
    useInPython(checkpoint, card),
    training(card),
  ];
  return `${frontMatter(card)}\n${sections.filter((s) => s !== "").join("\n\n")}\n`;
}

function frontMatter(card: ModelCard): string {
  const { license, language = [], baseModel, datasets = [], measured, method, task } = card;
  const list = (key: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`${key}:`, ...values.map((value) => `- ${yamlString(value)}`)];
  const accuracy = measured?.exits.at(-1)?.accuracy;
  const results =
    accuracy === undefined
      ? []
      : [
          "model-index:",
          `- name: ${yamlString(card.title)}`,
          "  results:",
          "  - task:",
          "      type: text-classification",
          "      name: Text Classification",
          "    dataset:",
          `      name: ${yamlString(task)}`,
          `      type: ${yamlString(datasets[0] ?? task)}`,
          "      split: test",
          "    metrics:",
          "    - type: accuracy",
          "      name: Accuracy",
          `      value: ${Number(accuracy.toFixed(6))}`,
        ];
  return [
    "---",
    ...(license === undefined ? [] : [`license: ${yamlString(license)}`]),
    ...list("language", language),
    "library_name: transformers.js",
    "pipeline_tag: text-classification",
    ...list("tags", ["early-exit", "adaptive-inference", "sweetspot", method]),
    ...(baseModel === undefined ? [] : [`base_model: ${yamlString(baseModel)}`]),
    ...list("datasets", datasets),
    ...results,
    "---",
    "",
  ].join("\n");
}

function introduction(checkpoint: Checkpoint, card: ModelCard, maxLength: number): string {
  const { config, exitLayers, labels, pooling } = checkpoint;
  const { member } = card;
  const layers = config.numHiddenLayers;
  const [exits, early] =
    exitLayers.length === 1
      ? [`one classifier, after layer ${layers}`, ""]
      : [
          `classifiers (exits) after layers ${list(exitLayers.map(String))}`,
          " A text may be answered at the first exit that is sure enough, and the layers after it need not run.",
        ];
  const base =
    card.baseModel === undefined
      ? ""
      : ` It was fine-tuned from [${markdownText(card.baseModel)}](https://huggingface.co/${encodeURI(card.baseModel)}).`;
  return `# ${markdownText(card.title)}

A text classifier: the first ${layers === 1 ? "layer" : `${layers} layers`} of an encoder (\`${config.modelType}\`) with ${exits}, reading ${readingOf(pooling)}.${early}${base}

- Labels: ${labels.map(markdownText).join(", ")}
- Longest text: ${maxLength} tokens, special ones included
- Trained on: ${markdownText(card.task)}${
    member === undefined
      ? ""
      : `\n- Model ${member.number} of ${member.of} of a cascade; this repository holds that one alone`
  }`;
}

function exitsSection(checkpoint: Checkpoint, { measured }: ModelCard, curve: boolean): string {
  const picture = curve ? "\n\n![Accuracy against layers run](curve.svg)" : "";
  if (measured === undefined) return picture === "" ? "" : `## Speed and accuracy${picture}`;
  const { examples, confidence, majority, exits, operatingPoints, temperatures } = measured;
  const level = `${(100 * confidence).toFixed(0)}%`;
  const percent = (share: number) => (100 * share).toFixed(1);
  const head = ["accuracy, %", `${level} interval`, "cost, %"];
  const measures = ({ accuracy, interval: [low, high], cost }: Omit<MeasuredExit, "exitLayer">) => [
    percent(accuracy),
    `${percent(low)} to ${percent(high)}`,
    percent(cost),
  ];
  const exitTable = table(
    ["exit after layer", "output", ...head],
    exits.map((e) => [
      String(e.exitLayer),
      `\`${logitsName(checkpoint.exitLayers, e.exitLayer)}\``,
      ...measures(e),
    ]),
  );
  const scaled =
    temperatures === undefined
      ? ""
      : ` Each exit's logits are divided by its temperature before the softmax: ${list(temperatures.map(fewDigits))}, in the order of the exits (\`exit_temperatures\`).`;
  const points =
    operatingPoints.length === 0
      ? ""
      : `\n\nStopping early: a text leaves at the first exit whose largest softmax probability reaches the threshold, and at the last exit otherwise.${scaled} The thresholds were found on the same examples, by their confidences alone, not their labels; \`operating_points\` in \`config.json\` has every digit.\n\n${table(
          ["threshold", ...head],
          operatingPoints.map((p) => [fewDigits(p.threshold), ...measures(p)]),
        )}`;
  return `## Speed and accuracy

Measured on ${thousands(examples)} test examples that no training step saw; always answering “${markdownText(majority.label)}” scores ${percent(majority.share)}%. Cost is the layers run over the full model's.${exits.length === 1 ? "" : " Each exit alone, answering every example:"}

${exitTable}${points}${picture}`;
}

/** Rounded; `config.json` has every digit. */
function fewDigits(value: number): string {
  return String(Number(value.toFixed(6)));
}

function useInJavaScript({ config, exitLayers }: Checkpoint, { name }: ModelCard): string {
  const id = JSON.stringify(name);
  const outputs = exitLayers.map((layer) => logitsName(exitLayers, layer));
  const every =
    outputs.length === 1
      ? ""
      : `\n\nThe logits of every exit; \`logits\` is the last's:

\`\`\`js
import { AutoModel, AutoTokenizer } from "@huggingface/transformers";

const tokenizer = await AutoTokenizer.from_pretrained(${id});
const model = await AutoModel.from_pretrained(${id});
const inputs = tokenizer(["A first text.", "And a second, longer one."], {
  padding: true,
  truncation: true,
});
const { ${outputs.join(", ")} } = await model(inputs);
${outputs.map((output) => `console.log(${output}.tolist());`).join("\n")}
\`\`\`

\`onnx/model.onnx\` is in fp32, \`onnx/model_quantized.onnx\` in int8, a quarter of the size: \`{ dtype: "q8" }\`, the default in browsers. Both run every layer, whichever exit is read. To stop early, use the chain of files, one for each exit, that \`@sweetspot/export\` writes and \`@sweetspot/infer\` runs.`;
  const types = knowsTypes(config)
    ? " For a pair of texts the model needs the token types: `tokenizer(first, { text_pair: second, return_token_type_ids: true })`."
    : "";
  return `## In JavaScript

With [transformers.js](https://huggingface.co/docs/transformers.js):

\`\`\`js
import { pipeline } from "@huggingface/transformers";

const classify = await pipeline("text-classification", ${id});
console.log(await classify(["A first text.", "And a second, longer one."]));
\`\`\`

transformers.js cuts a text that is too long at its end, the closing special token with it; training kept that token.${types}${every}`;
}

function useInPython({ config, exitLayers, pooling }: Checkpoint, { name }: ModelCard): string {
  const id = JSON.stringify(name);
  const last = exitLayers.at(-1) ?? 0;
  if (pooling !== "first-token") {
    return `## In Python

transformers has no class for a classifier that reads ${readingOf(pooling)}${headOf(pooling) === "linear" ? " without a pooler" : ""}. \`AutoModel\` gives the encoder (\`${publishedClass(config, pooling)}\`); \`model.safetensors\` also holds the classifiers, as \`exits.N.classifier\` for the exit after layer N. \`onnx/model.onnx\` runs in onnxruntime, with the classifiers.`;
  }
  const others = exitLayers.slice(0, -1);
  const beside =
    others.length === 0
      ? ""
      : `\n\nIt ignores the earlier exits, which are in \`model.safetensors\` as ${list(others.map((l) => `\`exits.${l}.*\``))}; \`onnx/model.onnx\` gives their logits too.`;
  return `## In Python

\`${publishedClass(config, pooling)}\` gives the logits of the last exit, after layer ${last}:

\`\`\`python
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(${id})
model = AutoModelForSequenceClassification.from_pretrained(${id})
inputs = tokenizer(["A first text.", "And a second, longer one."], padding=True, truncation=True, return_tensors="pt")
with torch.no_grad():
    logits = model(**inputs).logits
print([model.config.id2label[i] for i in logits.argmax(-1).tolist()])
\`\`\`${beside}`;
}

function training({ method, settings = {} }: ModelCard): string {
  const known = methods[method];
  const how = known ?? markdownText(method);
  const rows = Object.entries(settings).map(([key, value]) => [
    markdownText(key),
    markdownText(value),
  ]);
  return `## Training

${how}.${
    known === undefined ? "" : ' See ["Finding the SWEET Spot"](https://arxiv.org/abs/2306.02307).'
  }${rows.length === 0 ? "" : `\n\n${table(["setting", "value"], rows)}`}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function list(items: readonly string[]): string {
  return items.length < 2
    ? items.join("")
    : `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;
}

function thousands(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

function readingOf(pooling: Pooling): string {
  return tokensRead(pooling) === "all" ? "the mean of all tokens" : "the first token";
}

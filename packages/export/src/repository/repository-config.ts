import { type Checkpoint, encoderConfigJson, publishedClass } from "@sweetspot/model";

/**
 * A checkpoint's `config.json` for the Hub, transformers, transformers.js and `readCheckpoint`.
 *
 * @param padTokenId the id of the tokenizer's padding token
 * @param temperatures what each exit's logits are divided by before a confidence is compared with a
 *   threshold, `[E]`
 */
export function repositoryConfig(
  { config, exitLayers, pooling, labels }: Checkpoint,
  padTokenId: number,
  operatingPoints: readonly { threshold: number; cost: number }[] = [],
  temperatures?: readonly number[],
): Record<string, unknown> {
  return {
    architectures: [publishedClass(config, pooling)],
    pad_token_id: padTokenId,
    ...encoderConfigJson(config),
    problem_type: "single_label_classification",
    id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    exit_layers: exitLayers,
    pooling,
    ...(operatingPoints.length > 0 && {
      operating_points: operatingPoints.map(({ threshold, cost }) => ({ threshold, cost })),
    }),
    ...(operatingPoints.length > 0 && temperatures && { exit_temperatures: temperatures }),
    // In the browser transformers.js would otherwise look for quantised weights.
    "transformers.js_config": { dtype: "fp32" },
  };
}

import { type Checkpoint, encoderConfigJson, publishedClass } from "@sweetspot/model";

/** A threshold that a model was measured at. */
export interface OperatingPointSetting {
  /** An example leaves at the first exit whose largest softmax probability reaches it. */
  threshold: number;
  /** Mean layers run over the full model's. */
  cost: number;
}

/**
 * A checkpoint's `config.json` as the Hub, transformers and transformers.js read it; `readCheckpoint`
 * does too.
 *
 * @param padTokenId the tokenizer's
 * @param temperatures by what each exit's logits are divided before a confidence is held against a
 *   threshold, `[E]`
 */
export function repositoryConfig(
  { config, exitLayers, pooling, labels }: Checkpoint,
  padTokenId: number,
  operatingPoints: readonly OperatingPointSetting[] = [],
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
    // In the browser transformers.js would look for quantised weights, which are not there.
    "transformers.js_config": { dtype: "fp32" },
  };
}

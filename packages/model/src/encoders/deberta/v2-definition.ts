import { z } from "zod";
import type { EncoderDefinition } from "../encoder-kind.ts";
import {
  debertaCommon,
  debertaJson,
  debertaKeys,
  debertaLayerSites,
  type DebertaShape,
  debertaShape,
  relativeEmbeddings,
} from "./shared-config.ts";
import { readKeys } from "../unread-keys.ts";
import { only } from "../encoder-shape.ts";
import {
  denseParameters,
  normParameters,
  type ParameterSpec,
  transformerLayerParameters,
} from "../layers/parameters.ts";

/** DeBERTa v2 and v3. */
export interface DebertaV2Config extends DebertaShape {
  modelType: "deberta-v2";
  /** Rows of relative positions for each sign; undefined for one row per distance. */
  positionBuckets: number | undefined;
  /** Whether positions are projected by the query and key of the contents. */
  shareAttKey: boolean;
  /** Whether the embeddings of relative positions go through a layer norm. */
  normRelEbd: boolean;
  /** The convolution beside the first layer. */
  conv: { kernelSize: number; activation: "gelu" | "tanh" } | undefined;
}

const schema = z.looseObject({
  ...debertaKeys,
  model_type: z.literal("deberta-v2"),
  position_buckets: z
    .int()
    .max(1 << 20)
    .default(-1),
  share_att_key: z.boolean().default(false),
  norm_rel_ebd: z.enum(["none", "layer_norm"]).default("none"),
  conv_kernel_size: z.int().nonnegative().max(1023).default(0),
  conv_act: z.enum(["gelu", "tanh"]).default("tanh"),
  conv_groups: only(1, "a convolution over all channels").default(1),
});

/** The definition of DeBERTa v2 and v3; `debertaV2` is their computation. */
export const debertaV2Definition: EncoderDefinition<DebertaV2Config> = {
  ...debertaCommon,
  readConfig(json, where, warn) {
    const c = readKeys(schema, json, where, warn);
    if (c.conv_kernel_size > 0 && c.conv_kernel_size % 2 === 0) {
      throw new RangeError(`${where}: conv_kernel_size must be odd, got ${c.conv_kernel_size}`);
    }
    return {
      modelType: "deberta-v2",
      ...debertaShape(c, where),
      positionBuckets: c.position_buckets > 0 ? c.position_buckets : undefined,
      shareAttKey: c.share_att_key,
      normRelEbd: c.norm_rel_ebd === "layer_norm",
      conv:
        c.conv_kernel_size > 0
          ? { kernelSize: c.conv_kernel_size, activation: c.conv_act }
          : undefined,
    };
  },
  configJson: (config) => ({
    model_type: "deberta-v2",
    ...debertaJson(config),
    position_buckets: config.positionBuckets ?? -1,
    share_att_key: config.shareAttKey,
    norm_rel_ebd: config.normRelEbd ? "layer_norm" : "none",
    ...(config.conv && {
      conv_kernel_size: config.conv.kernelSize,
      conv_act: config.conv.activation,
    }),
  }),
  sharedParameters: (config) => [
    relativeEmbeddings(config, relativeRows(config)),
    ...(config.normRelEbd ? normParameters("encoder.LayerNorm", config.hiddenSize) : []),
  ],
  layerParameters(config, layer) {
    const { hiddenSize: c, positionTerms, shareAttKey } = config;
    const names = ["query_proj", "key_proj", "value_proj"];
    if (!shareAttKey && positionTerms.includes("c2p")) names.push("pos_key_proj");
    if (!shareAttKey && positionTerms.includes("p2c")) names.push("pos_query_proj");
    const self = names.flatMap((name) => denseParameters(name, c, c));
    return [
      ...transformerLayerParameters(config, layer, self),
      ...(layer === 1 ? convParameters(config) : []),
    ];
  },
  layerSites: (config, layer, tokens) => [
    ...debertaLayerSites(config, layer, tokens, relativeRows(config)),
    ...(layer === 1 && config.conv !== undefined
      ? [
          {
            name: "convolution",
            shape: ["B", tokens, config.hiddenSize] as const,
            probability: config.hiddenDropoutProb,
          },
        ]
      : []),
  ],
};

function relativeRows({ positionBuckets, maxRelativePositions }: DebertaV2Config): number {
  return 2 * (positionBuckets ?? maxRelativePositions);
}

function convParameters({ conv, hiddenSize: c }: DebertaV2Config): ParameterSpec[] {
  if (conv === undefined) return [];
  return [
    { name: "encoder.conv.conv.weight", shape: [c, c, conv.kernelSize], role: "weight" },
    { name: "encoder.conv.conv.bias", shape: [c], role: "bias" },
    ...normParameters("encoder.conv.LayerNorm", c),
  ];
}

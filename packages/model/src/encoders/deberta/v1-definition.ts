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
  type ParameterSpec,
  transformerLayerParameters,
} from "../layers/parameters.ts";

/** The first version of DeBERTa. */
export interface DebertaConfig extends DebertaShape {
  modelType: "deberta";
}

const schema = z.looseObject({
  ...debertaKeys,
  model_type: z.literal("deberta"),
  talking_head: only(false, "heads do not mix").default(false),
});

/** The definition of the first DeBERTa; `deberta` is its computation. */
export const debertaDefinition: EncoderDefinition<DebertaConfig> = {
  ...debertaCommon,
  readConfig(json, where, warn) {
    const c = readKeys(schema, json, where, warn);
    return { modelType: "deberta", ...debertaShape(c, where) };
  },
  configJson: (config) => ({ model_type: "deberta", ...debertaJson(config) }),
  sharedParameters: (config) => [relativeEmbeddings(config, 2 * config.maxRelativePositions)],
  layerParameters(config, layer) {
    const { hiddenSize: c, positionTerms } = config;
    const self: ParameterSpec[] = [
      { name: "in_proj.weight", shape: [3 * c, c], role: "weight" },
      { name: "q_bias", shape: [c], role: "bias" },
      { name: "v_bias", shape: [c], role: "bias" },
    ];
    if (positionTerms.includes("c2p"))
      self.push({ name: "pos_proj.weight", shape: [c, c], role: "weight" });
    if (positionTerms.includes("p2c")) self.push(...denseParameters("pos_q_proj", c, c));
    return transformerLayerParameters(config, layer, self);
  },
  layerSites: (config, layer, tokens) =>
    debertaLayerSites(config, layer, tokens, 2 * config.maxRelativePositions),
};

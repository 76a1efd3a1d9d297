import type * as tf from "@tensorflow/tfjs";
import type { EncoderComputation } from "./architecture.ts";
import { bert } from "./bert.ts";
import { deberta } from "./deberta.ts";
import { debertaV2 } from "./deberta-v2.ts";
import type { EncoderConfig } from "./encoder-definitions.ts";
import type { ExitParams } from "../exit-head.ts";
import type { LinearParams } from "./layers.ts";
import { parameterTree } from "./parameters.ts";
import { roberta } from "./roberta.ts";

/** A tree of parameters whose paths are Hugging Face's names, and `exits.N` for the exit after layer N. */
export interface EncoderParams<T = tf.Tensor> {
  /** That which exits share, where they do. */
  pooler?: { dense: LinearParams<T> };
  exits: Record<string, ExitParams<T>>;
}

const computations = {
  bert,
  roberta,
  "xlm-roberta": roberta,
  deberta,
  "deberta-v2": debertaV2,
};

/** What an encoder of a configuration computes. */
export function computationOf(
  config: Pick<EncoderConfig, "modelType">,
): EncoderComputation<EncoderConfig, EncoderParams> {
  // Which it is the configuration says; whoever has that configuration has such parameters.
  return computations[config.modelType] as unknown as EncoderComputation<
    EncoderConfig,
    EncoderParams
  >;
}

/** Arranges values by name into the tree that the model takes. */
export function encoderParams<T>(byName: Readonly<Record<string, T>>): EncoderParams<T> {
  return parameterTree(byName) as unknown as EncoderParams<T>; // the names spell it out
}

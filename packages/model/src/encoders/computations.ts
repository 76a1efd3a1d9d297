import type * as tf from "@tensorflow/tfjs";
import type { EncoderComputation } from "./encoder-kind.ts";
import { bert } from "./bert/computation.ts";
import { deberta } from "./deberta/v1-computation.ts";
import { debertaV2 } from "./deberta/v2-computation.ts";
import type { EncoderConfig } from "./definitions.ts";
import type { ExitParams } from "../exits/exit-head.ts";
import type { LinearParams } from "./layers/basic-layers.ts";
import { parameterTree } from "./layers/parameters.ts";
import { roberta } from "./roberta/computation.ts";

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

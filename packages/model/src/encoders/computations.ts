import { bert } from "./bert/computation.ts";
import { deberta } from "./deberta/v1-computation.ts";
import { debertaV2 } from "./deberta/v2-computation.ts";
import type { EncoderConfig } from "./definitions.ts";
import type { EncoderComputation } from "./encoder-kind.ts";
import { roberta } from "./roberta/computation.ts";

const computations = {
  bert,
  roberta,
  "xlm-roberta": roberta,
  deberta,
  "deberta-v2": debertaV2,
};

/** The computation of an encoder; its parameters must be those of the same configuration. */
export function computationOf(
  config: Pick<EncoderConfig, "modelType">,
): EncoderComputation<EncoderConfig, object> {
  // The table holds the computation of this configuration and of its parameters.
  return computations[config.modelType] as unknown as EncoderComputation<EncoderConfig, object>;
}

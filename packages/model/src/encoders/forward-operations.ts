import type { EncoderConfig } from "./definitions.ts";

/**
 * Floating-point operations of the matrix products of the first `depth` layers, forward, for one sequence.
 * For each token and layer: projections and feed-forward, `8 C² + 4 C F`; attention, `4 T C`; DeBERTa's
 * products with positions, `4 T C` for each term.
 *
 * @param tokens the sequence's length, T
 */
export function forwardOperations(config: EncoderConfig, depth: number, tokens: number): number {
  const { hiddenSize: c, intermediateSize: f } = config;
  const terms = "positionTerms" in config ? config.positionTerms.length : 0;
  return depth * tokens * (8 * c * c + 4 * c * f + (4 + 4 * terms) * tokens * c);
}

/** At most this many texts show how large activations get. */
const mostTexts = 256;

/** How many texts of a split of `examples` int8 is calibrated on, before the limit on their tokens. */
export function calibrationTexts(examples: number): number {
  return Math.min(examples, mostTexts);
}

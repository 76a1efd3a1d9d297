import type { Json } from "@sweetspot/artifact";

/** The name of a departure. */
export type Compat = "shared-pooler" | "first-examples" | "temperature-on-test" | "sweet-flag";

/**
 * The departures of SWEET's reference implementation from the paper's text, by name: the settings, by
 * stage, that reproduce each. Everything else follows the paper.
 *
 * Source: github.com/schwartz-lab-NLP/SWEET at c932c94.
 */
const compatSettings: Record<Compat, Record<string, Record<string, Json>>> = {
  /** One pooler for all exits (BERT's pretrained one), instead of one each. */
  "shared-pooler": { train: { pooling: "shared-pooler", heads: { start: "random" } } },
  /** It discards the result of its shuffle: it trains on the file's first examples, whatever the seed. */
  "first-examples": { data: { trainSelection: "first" } },
  /** It fits temperatures on the split that it then evaluates. */
  "temperature-on-test": { eval: { temperature: "test" } },
  /** Its flag is on by default, and its DeBERTa reads a different flag. */
  "sweet-flag": { train: { gradientStops: "reference" } },
};

/** Every name. */
export const compatNames: Compat[] = Object.keys(compatSettings) as Compat[]; // its own keys

/** The settings of a stage under the given departures. */
export function compatSettingsOf(names: readonly Compat[], stage: string): Record<string, Json> {
  return Object.fromEntries(
    names.flatMap((name) => Object.entries(compatSettings[name][stage] ?? {})),
  );
}

import type { Json } from "@sweetspot/artifact";

/** The name of a departure. */
export type Compat = "shared-pooler" | "first-examples" | "temperature-on-test" | "sweet-flag";

/**
 * Where the reference implementation of SWEET departs from the paper's text, by name: the settings, by
 * stage, that do as it does. Everything else follows the paper.
 *
 * Source: github.com/schwartz-lab-NLP/SWEET at c932c94.
 */
const compatSettings: Record<Compat, Record<string, Record<string, Json>>> = {
  /** One pooler for all exits (BERT's pretrained one), in place of one for each. */
  "shared-pooler": { train: { pooling: "shared-pooler" } },
  /** The result of its shuffle is dropped: the training examples are the file's first, whatever the seed. */
  "first-examples": { data: { trainSelection: "first" } },
  /** Temperatures are fitted on the split that is then evaluated. */
  "temperature-on-test": { eval: { temperature: "test" } },
  /** Its flag is on unless it is switched off, and its DeBERTa reads another one. */
  "sweet-flag": { train: { gradientStops: "reference" } },
};

/** Every name. */
export const compatNames: Compat[] = Object.keys(compatSettings) as Compat[]; // its own keys

/** What the departures that are asked for set of a stage. */
export function compatSettingsOf(names: readonly Compat[], stage: string): Record<string, Json> {
  return Object.fromEntries(
    names.flatMap((name) => Object.entries(compatSettings[name][stage] ?? {})),
  );
}

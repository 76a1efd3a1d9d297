import type { EmbeddedTask } from "./embedded-tasks.ts";

/**
 * The sizes of the embedded tasks, so that planning need not make them: examples without copies, and mean
 * tokens per example in `minilm`'s vocabulary, special ones included, at most 128.
 */
export const poolSizes: Readonly<Record<EmbeddedTask, { examples: number; tokens: number }>> = {
  amazon: { examples: 987, tokens: 15.2 },
  imdb: { examples: 997, tokens: 20.4 },
  yelp: { examples: 996, tokens: 15.9 },
  sentiment: { examples: 2979, tokens: 17.1 },
  "domain-sentiment": { examples: 2978, tokens: 17.1 },
  "gloss-topic": { examples: 4000, tokens: 14.9 },
  "noun-or-verb": { examples: 4062, tokens: 22.9 },
  "gloss-match": { examples: 3998, tokens: 15.5 },
  "example-gloss": { examples: 3996, tokens: 20.7 },
  "masked-word-class": { examples: 3989, tokens: 20.5 },
  spam: { examples: 2215, tokens: 97.1 },
};

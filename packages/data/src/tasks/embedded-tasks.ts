import { exampleGloss } from "./example-gloss.ts";
import { glossMatch } from "./gloss-match.ts";
import { glossTopic } from "./gloss-topic.ts";
import { maskedWordClass } from "./masked-word-class.ts";
import { nounOrVerb } from "./noun-or-verb.ts";
import { domainSentiment, sentiment, siteReviews } from "./reviews.ts";
import { spam } from "./spam.ts";
import type { Example, TaskExamples } from "../sources/examples.ts";

/** The tasks whose text comes with an npm package. */
export const embeddedTasks = [
  "amazon",
  "imdb",
  "yelp",
  "sentiment",
  "domain-sentiment",
  "gloss-topic",
  "noun-or-verb",
  "gloss-match",
  "example-gloss",
  "masked-word-class",
  "spam",
] as const;

/** The name of a task whose text comes with an npm package. */
export type EmbeddedTask = (typeof embeddedTasks)[number];

const readers: Readonly<Record<EmbeddedTask, () => Promise<Example[]>>> = {
  amazon: () => siteReviews("amazon"),
  imdb: () => siteReviews("imdb"),
  yelp: () => siteReviews("yelp"),
  sentiment,
  "domain-sentiment": domainSentiment,
  "gloss-topic": glossTopic,
  "noun-or-verb": nounOrVerb,
  "gloss-match": glossMatch,
  "example-gloss": exampleGloss,
  "masked-word-class": maskedWordClass,
  spam,
};

/**
 * Reads the examples of an embedded task, always the same ones in the same order; docs/tasks.md says how
 * each task is made.
 *
 * @throws Error if its npm package is missing or not the pinned one
 */
export async function readEmbeddedTask(task: EmbeddedTask): Promise<TaskExamples> {
  return { name: task, examples: await readers[task](), withoutLabel: 0, copiesByText: true };
}

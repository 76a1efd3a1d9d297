import { readFile } from "node:fs/promises";
import { parse, resolvePinnedFile } from "@sweetspot/artifact";
import { z } from "zod";
import type { Source } from "./source.ts";

/** The tasks whose labelled text comes with an npm package. */
export const embeddedTasks = ["amazon", "imdb", "yelp", "sentiment"] as const;

/** The name of a task that comes inside an npm package. */
export type EmbeddedTask = (typeof embeddedTasks)[number];

/** Sources: D. Kotzias et al., "From Group to Individual Labels using Deep Features", KDD 2015 (UCI 331). */
const pins = {
  amazon: "bc5eb0cac49fc45987301f1dc2d02cf5ca356ba6c882be179dce77d74e666ed9",
  imdb: "44a7b9082ed732ee2de3c858ea5ee2e99aca34f239a1c4359d3a300bf099bdb5",
  yelp: "9f3f47983f21eeb819380767b74bfa648eca208f156241111454b3e122773ff7",
};

const recordsSchema = z.array(z.strictObject({ text: z.string(), class: z.literal([0, 1, null]) }));

const classNames = ["negative", "positive"] as const;

/**
 * Sentences of reviews, labelled `negative` or `positive`: 1,000 each of `amazon`, `imdb` and
 * `yelp`, or all of them (`sentiment`).
 *
 * @throws Error if the npm package `sentiment` is missing or not the pinned one
 */
export async function readEmbeddedTask(task: EmbeddedTask): Promise<Source> {
  const parts = task === "sentiment" ? (["amazon", "imdb", "yelp"] as const) : [task];
  const examples: Source["examples"] = [];
  for (const part of parts) {
    const pin = {
      package: "sentiment",
      path: `test/fixtures/${part}.json`,
      sha256: pins[part],
    };
    const path = await resolvePinnedFile(pin, import.meta.url);
    for (const record of parse(recordsSchema, JSON.parse(await readFile(path, "utf8")), path)) {
      // The last record of each file is empty: no text, no class.
      if (record.class === null) continue;
      examples.push({ text: record.text, label: classNames[record.class] });
    }
  }
  return { name: task, examples, withoutLabel: 0 };
}

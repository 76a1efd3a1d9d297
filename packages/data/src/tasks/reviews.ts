import { readFile } from "node:fs/promises";
import { parse, resolvePinnedFile } from "@sweetspot/artifact";
import { z } from "zod";
import type { Example } from "../sources/examples.ts";
import { nearDuplicates } from "./near-duplicates.ts";

/** A site with reviews. */
export type ReviewSite = "amazon" | "imdb" | "yelp";

/** All sites, in the order in which they are read. */
const reviewSites: readonly ReviewSite[] = ["amazon", "imdb", "yelp"];

const pins: Record<ReviewSite, string> = {
  amazon: "bc5eb0cac49fc45987301f1dc2d02cf5ca356ba6c882be179dce77d74e666ed9",
  imdb: "44a7b9082ed732ee2de3c858ea5ee2e99aca34f239a1c4359d3a300bf099bdb5",
  yelp: "9f3f47983f21eeb819380767b74bfa648eca208f156241111454b3e122773ff7",
};

const recordsSchema = z.array(z.strictObject({ text: z.string(), class: z.literal([0, 1, null]) }));

const polarities = ["negative", "positive"] as const;

/**
 * Reads sentences from reviews of one site, labelled `negative` or `positive`.
 *
 * @throws Error if the npm package `sentiment` is missing or not the pinned one
 * Source: D. Kotzias et al., "From Group to Individual Labels using Deep Features", KDD 2015 (UCI 331).
 */
export async function siteReviews(site: ReviewSite): Promise<Example[]> {
  const pin = { package: "sentiment", path: `test/fixtures/${site}.json`, sha256: pins[site] };
  const path = await resolvePinnedFile(pin, import.meta.url);
  const records = parse(recordsSchema, JSON.parse(await readFile(path, "utf8")), path);
  // The last record of each file is empty: no text, no class.
  return records.flatMap((record) =>
    record.class === null ? [] : [{ text: record.text, label: polarities[record.class] }],
  );
}

/** The task `sentiment`: the reviews of all sites. @throws Error as `siteReviews` */
export async function sentiment(): Promise<Example[]> {
  return (await Promise.all(reviewSites.map(siteReviews))).flat();
}

/**
 * The task `domain-sentiment`: the same texts, labelled by site and polarity (`amazon-negative`).
 * Near duplicates are a group.
 *
 * @throws Error as `siteReviews`
 */
export async function domainSentiment(): Promise<Example[]> {
  const sites = await Promise.all(
    reviewSites.map(async (site) =>
      (await siteReviews(site)).map(({ text, label }) => ({ text, label: `${site}-${label}` })),
    ),
  );
  const examples = sites.flat();
  const clusters = nearDuplicates(examples.map((e) => e.text));
  return examples.map((example, i) => ({ ...example, group: `cluster ${clusters[i]}` }));
}

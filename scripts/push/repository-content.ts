import { basename, join } from "node:path";
import {
  type Artifact,
  type Json,
  cascadeSchema,
  cellResultsSchema,
  readBundle,
  readJsonAs,
  readSplit,
} from "@sweetspot/artifact";
import {
  calibrationSentences,
  checkedSentences,
  type ModelCard,
  type RepositoryContent,
} from "@sweetspot/export";
import { readCheckpoint } from "@sweetspot/model";
import { makeReport, readCell } from "@sweetspot/report";
import { z } from "zod";
import type { Combination } from "./combination.ts";

const tokenizerSchema = z.record(z.string(), z.unknown());

/**
 * The contents of a combination's repository.
 *
 * @param name `ORG/NAME`, the model's name in the card's examples
 * @param number the member of a cascade, from 1; by default the deepest
 * @throws RangeError if there is no such member
 */
export async function repositoryContent(
  combination: Combination,
  name: string,
  number?: number,
): Promise<RepositoryContent> {
  const { data, train, exported, evaluated, task, encoder, method, seed } = combination;
  const { members } = await readJsonAs(train.path("cascade.json"), cascadeSchema);
  const depth = (i: number) => members[i]?.exitLayers.at(-1) ?? 0;
  const deepest = members.reduce((best, _, i) => (depth(i) > depth(best) ? i : best), 0);
  const index = number === undefined ? deepest : number - 1;
  const member = members[index];
  if (member === undefined)
    throw new RangeError(
      `push: --member: expected a number from 1 to ${members.length}, the models of ${combination.id}, got ${number}`,
    );
  const checkpoint = await readCheckpoint(join(train.dir, member.folder));
  const { maxLength, layers } = await readBundle(exported.path("bundle.json"));
  const results = await readJsonAs(evaluated.path("results.json"), cellResultsSchema);
  const alone = members.length === 1;
  const card: ModelCard = {
    title: `${plain(task)}, ${plain(encoder)}, ${method}`,
    name,
    baseModel: hubName(train, "encoder"),
    datasets: [hubName(data, "task")].filter((hub) => hub !== undefined),
    task: plain(task),
    method,
    member: alone ? undefined : { number: index + 1, of: members.length },
    settings: { ...settingsOf(train), ...settingsOf(data, ["task", "encoder", "seed"]) },
    measured: {
      examples: results.examples,
      confidence: results.confidence,
      majority: results.majority,
      exits: results.exits
        .filter((exit) => checkpoint.exitLayers.includes(exit.exitLayer))
        // A member on its own restarts nothing.
        .map((exit) => ({ ...exit, cost: exit.exitLayer / layers })),
      operatingPoints: alone ? results.atBudget : [],
      temperatures: alone ? results.temperatures : undefined,
    },
  };
  const input = { input: `eval.${combination.id}`, task: plain(task), encoder: plain(encoder) };
  const curve = alone
    ? makeReport(card.title, [await readCell({ ...input, method, seed }, evaluated)]).figures[0]
        ?.svg
    : undefined;
  const tokenizer = await readJsonAs(exported.path("tokenizer.json"), tokenizerSchema);
  const sentences = checkedSentences(await readSplit(data, "calibration"));
  const calibration = calibrationSentences(await readSplit(data, "train"));
  return { checkpoint, tokenizer, maxLength, sentences, calibration, card, curve };
}

/** A task or an encoder may be named by a path; only its last part is published. */
function plain(name: string): string {
  return /^\.{0,2}\//.test(name) ? basename(name) : name;
}

/** `ORG/NAME` if a setting names a repository of the Hub. */
function hubName({ manifest }: Artifact, setting: string): string | undefined {
  const { [setting]: value } = objectOf(manifest.settings);
  const { hub } = objectOf(value);
  return typeof hub === "string" ? hub : undefined;
}

function settingsOf(
  { manifest }: Artifact,
  without: readonly string[] = [],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOf(manifest.settings))
      .filter(([key]) => !without.includes(key))
      .map(([key, value]) => [key, settingText(value)]),
  );
}

function settingText(value: Json): string {
  if (typeof value === "string") return value;
  const { hub, revision, folder } = objectOf(value);
  if (typeof hub === "string") return `${hub}@${typeof revision === "string" ? revision : ""}`;
  if (typeof folder === "string") return basename(folder);
  return Array.isArray(value) ? value.map(settingText).join(", ") : JSON.stringify(value);
}

function objectOf(value: Json | undefined): { [key: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

// Writes the experiments' results into docs/experiments.md: the objectives, from
// `docs/results/low-resource.json`, and why claims fail, from the cells of low-resource and of its
// companion pipelines. Also keeps the latter in `docs/results/low-resource-causes.json`. Run those
// pipelines first.
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { openArtifact } from "@sweetspot/artifact";
import { mainMethods, signed } from "@sweetspot/report/parts";
import type { TaskSample } from "@sweetspot/statistics";
import {
  bootstrapping,
  type Effect,
  estimateEffect,
  type PaperClaim,
  paperClaims,
  readStudyCell,
  sharedSeeds,
  type StudyCell,
  type StudyNumbers,
  type StudySettings,
} from "@sweetspot/study";
import { $ } from "zx";
import { table, withParts } from "./markdown.ts";
import { help } from "./help.ts";

help(
  `npm run update:experiments\n\nWrites the experiments' results into docs/experiments.md. Run the pipeline low-resource and its companions first.`,
);

const root = join(import.meta.dirname, "..");
const page = join(root, "docs/experiments.md");
/** The tasks that low-resource and its companion pipelines share. */
const tasks = ["sentiment", "gloss-topic", "noun-or-verb"];
const seed = 1;
const conditions = {
  "low-resource-100": "100 examples",
  "low-resource": "360 examples, four exits",
  "low-resource-1000": "1,000 examples",
  "low-resource-deep": "exits after 3 and 6",
} as const;
type Condition = keyof typeof conditions;
/** The differences in docs/experiments.md: the first condition minus the second. */
const contrasts: readonly (readonly [Condition, Condition, string])[] = [
  ["low-resource-1000", "low-resource-100", "1,000 less 100"],
  ["low-resource-deep", "low-resource", "two exits less four"],
];
/** Claim 2 needs `projected`, which these pipelines do not have. */
const asked = paperClaims.filter(({ id }) => id !== 2);

/** The cells of a pipeline's study with these tasks and this seed. */
async function cellsOf(pipeline: string): Promise<StudyCell[]> {
  const folder = join(root, ".run", pipeline, "cells/study");
  const text = await readFile(join(folder, "cell.json"), "utf8").catch((cause: unknown) => {
    throw new Error(`${folder}: no study; run npx turbo run pipeline -- ${pipeline} first`, {
      cause,
    });
  });
  const { settings, inputs } = JSON.parse(text) as {
    settings: StudySettings;
    inputs: Record<string, string>;
  }; // the pipeline's own
  const cells = settings.cells.filter(
    (c) => tasks.includes(c.task) && c.seed === seed && c.chosen !== false,
  );
  return Promise.all(
    cells.map(async (cell) =>
      readStudyCell(cell, await openArtifact(resolve(folder, inputs[cell.input] ?? cell.input))),
    ),
  );
}

const cells = new Map<Condition, StudyCell[]>();
for (const condition of Object.keys(conditions) as Condition[]) {
  cells.set(condition, await cellsOf(condition));
}

/**
 * A task's sample for one part of a claim under a condition. All conditions have the same test examples.
 */
function sampleOf(
  { methods, parts }: PaperClaim,
  part: number,
  condition: Condition,
  task: string,
): TaskSample {
  const here = (cells.get(condition) ?? []).filter((c) => c.task === task);
  const shared = sharedSeeds(here, methods);
  const sample = shared && parts[part]?.sample(shared);
  const there = cells.get("low-resource")?.find((c) => c.task === task);
  if (sample === undefined || there?.results.testSha256 !== here[0]?.results.testSha256) {
    throw new Error(
      `${condition}: expected ${methods.join(", ")} of ${task}, tested on the examples of low-resource; run both again`,
    );
  }
  return sample;
}

function effectOf(sample: (task: string) => TaskSample): Effect {
  const over = tasks.map((task) => ({ task, control: false, sample: sample(task) }));
  return estimateEffect(over, bootstrapping).interval(bootstrapping.level);
}

const rounded = ({ effect, low, high }: Effect): Effect => ({
  effect: Number(effect.toFixed(4)),
  low: Number(low.toFixed(4)),
  high: Number(high.toFixed(4)),
});
const measured = asked.flatMap((claim) =>
  claim.parts.map(({ name }, part) => ({
    claim: claim.id,
    part: name,
    conditions: Object.fromEntries(
      (Object.keys(conditions) as Condition[]).map((condition) => [
        condition,
        rounded(effectOf((task) => sampleOf(claim, part, condition, task))),
      ]),
    ),
    contrasts: Object.fromEntries(
      contrasts.map(([first, second, name]) => [
        name,
        rounded(
          effectOf((task) => {
            const a = sampleOf(claim, part, first, task);
            const b = sampleOf(claim, part, second, task);
            return { ...a, effect: (s, e) => a.effect(s, e) - b.effect(s, e) };
          }),
        ),
      ]),
    ),
  })),
);
await writeFile(
  join(root, "docs/results/low-resource-causes.json"),
  `${JSON.stringify({ tasks, seed, bootstrap: bootstrapping, effects: measured }, null, 1)}\n`,
);

const interval = ({ effect, low, high }: Effect) =>
  `${signed(effect / 100)} (${signed(low / 100)} to ${signed(high / 100)})`;

const causes = table(
  ["claim", ...Object.values(conditions), ...contrasts.map(([, , name]) => name)],
  measured.map((row) => [
    `${row.claim}, ${row.part}`,
    ...Object.values(row.conditions).map(interval),
    ...Object.values(row.contrasts).map(interval),
  ]),
);
const study = JSON.parse(
  await readFile(join(root, "docs/results/low-resource.json"), "utf8"),
) as StudyNumbers; // the study's own
const objectives = table(
  ["objective", "less the best of the three", "verdict", ...mainMethods.map((m) => `less ${m}`)],
  [...study.objectives]
    .sort((a, b) => b.effect - a.effect)
    .map((row) => [
      `\`${row.method}\``,
      interval(row),
      row.verdict,
      ...mainMethods.map((m) => row.against.filter((a) => a.method === m).map(interval)[0] ?? "–"),
    ]),
);

const before = await readFile(page, "utf8");
await writeFile(page, withParts(before, { objectives, causes }));
await $({ cwd: root, quiet: true })`npx oxfmt ${page}`;
console.log("docs/experiments.md now shows the latest runs");

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Project, realProject } from "./fixtures/pipeline/project.ts";

// A search over regimes, a pupil and its teacher, and the five claims, with the real stages.

vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });
let project: Project;
beforeAll(async () => {
  project = await realProject();
});
afterAll(() => project.remove());

const subjects = ["the soup", "our waiter", "this phone", "the plot", "a room", "their tea"];
const times = ["today", "again", "as ever", "they say", "at last", "for once", "now", "in May"];
const verdicts = { good: ["was lovely", "is a joy"], bad: ["was awful", "is a pity"] };
const rows = Object.entries(verdicts).flatMap(([label, phrases]) =>
  phrases.flatMap((phrase) =>
    subjects.flatMap((subject) => times.map((when) => `"${subject} ${phrase}, ${when}",${label}`)),
  ),
);

const yaml = (thresholds: string) => `
title: Small study
tasks: { reviews: { file: reviews.csv, text: review, label: verdict } }
encoders: [tiny]
methods:
  early-exit: { train: { gradientConflict: true } }
  sweet: {}
  multi-model: {}
  sweet-distilled: { regimeOf: sweet, teacher: multi-model }
regimes:
  none: { train: { learningRate: 1e-9 } }
  some: { train: { learningRate: 1e-2 } }
exitLayers: [1, 2]
train: { epochs: 6 }
predict: { training: true }
time: { examples: 8, rounds: 2 }
eval: { thresholds: ${thresholds} }
study: {}
results: kept
`;

test("chooses a regime for each method, trains the rest under it, and keeps the claims", async () => {
  const csv = `review,verdict\n${rows.join("\n")}\n`;
  await project.write("pipelines/study/reviews.csv", csv);
  await project.write("pipelines/study/pipeline.yaml", yaml("[0.5, 0.9]"));
  const none = await project.run("study", "--filter=train.*.swet.*");
  expect(none.lines).toEqual([
    "pipeline: no cell matches --filter=train.*.swet.*; --dry lists them",
  ]);
  const dry = await project.run("study", "--dry");
  expect(dry.lines[0]).toBe("no regime is chosen yet: assuming the last one for every method");
  expect(dry.output).toContain("train.reviews.tiny.sweet-distilled.some.1");

  const first = await project.run("study");
  expect(first.code).toBe(0);
  // One data cell and its probe, 3 methods x 2 regimes x 4 stages, 3 times, 3 choices; then the pupil's 5, the report and the study.
  expect(first.output).toMatch(/^search: 32 cells: 32 run/m);
  expect(first.output).toMatch(/^39 cells: 7 run, 32 from the cache/m);
  expect(first.output).toMatch(/^choose\.tiny\.sweet: choose {2}some /m);
  expect(first.lines.slice(-2)).toEqual([
    "study: runs/study/study/study.html",
    "results: pipelines/study/kept/study.json",
  ]);
  const study = JSON.parse(await project.read("pipelines/study/kept/study.json")) as {
    tasks: string[];
    seeds: number[];
    claims: { id: number; verdict: string; effect: number | null; low: number; high: number }[];
    figures: string[];
    conflict: { method: string }[];
    regimes: { chosen: { method: string; regime: string }[] };
  };
  expect(study).toMatchObject({ tasks: ["reviews"], seeds: [1] });
  expect(study.claims.map((c) => c.id)).toEqual([1, 2, 3, 4, 5]);
  const [multi, conflict] = study.claims;
  expect(Number(multi?.low)).toBeLessThanOrEqual(Number(multi?.effect));
  expect(Number(multi?.effect)).toBeLessThanOrEqual(Number(multi?.high));
  // No method here projects conflicts away.
  expect(conflict).toMatchObject({ verdict: "undecided", effect: null });
  expect(study.conflict.map((c) => c.method)).toContain("early-exit");
  expect(study.regimes.chosen).toContainEqual({ method: "sweet-distilled", regime: "some" });
  const figures = await readdir(join(project.dir, "pipelines", "study", "kept", "study"));
  expect(figures.sort()).toEqual(study.figures.map((name) => `${name}.svg`).sort());

  // Deleted results come back unchanged.
  const numbers = await project.read("pipelines/study/kept/study.json");
  await rm(join(project.dir, "pipelines", "study", "kept"), { recursive: true });
  const second = await project.run("study");
  expect(await project.read("pipelines/study/kept/study.json")).toBe(numbers);
  expect(second.output).toMatch(/^39 cells: 0 run, 39 from the cache/m);
  const known = await project.run("study", "--dry");
  expect(known.output).not.toContain("no regime is chosen");
  const pupil = await project.run("study", "--filter=train.*-distilled.*");
  expect(pupil.lines.at(-1)).toMatch(/^train\.reviews\.tiny\.sweet-distilled\.some\.1: /);

  // New thresholds re-run evaluation and what reads it, nothing else.
  await project.write("pipelines/study/pipeline.yaml", yaml("[0.6]"));
  const third = await project.run("study");
  expect(third.output).toMatch(/^search: 32 cells: 9 run, 23 from the cache/m);
  expect(third.output).toMatch(/^39 cells: 3 run, 36 from the cache/m);
  expect(await project.misses("study")).toEqual([
    "eval.reviews.tiny.sweet-distilled.some.1",
    "report",
    "study",
  ]);
});

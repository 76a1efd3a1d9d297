import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArtifact } from "@sweetspot/artifact";
import { afterEach, beforeEach, expect, test } from "vitest";
import { assumedChoices, readChoices } from "./choices.ts";
import type { Cell } from "../plan/plan.ts";
import { choiceKey } from "../plan/runs.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "choices-"));
});
afterEach(() => rm(dir, { recursive: true }));

const cell = (method: string): Cell => ({
  id: `choose.e.${method}`,
  stage: "choose",
  settings: { encoder: "e", method, cells: [] },
  inputs: {},
});
const cells = [
  cell("sweet"),
  cell("early-exit"),
  { id: "report", stage: "report", settings: {}, inputs: {} },
];

const made = (id: string, settings: Cell["settings"], facts: Record<string, string>) =>
  writeArtifact(join(dir, id), { stage: "choose", settings, inputs: {} }, async () => facts);
const read = () => readChoices(cells, (id) => join(dir, id));

test("reads the choices from the cells' artifacts", async () => {
  await made("choose.e.sweet", cell("sweet").settings, { chosen: "slow" });
  await made("choose.e.early-exit", cell("early-exit").settings, { chosen: "fast" });
  expect(await read()).toEqual(
    new Map([
      [choiceKey("e", "sweet"), "slow"],
      [choiceKey("e", "early-exit"), "fast"],
    ]),
  );
});

test("an artifact that is missing or has other settings gives no choices", async () => {
  await made("choose.e.sweet", cell("sweet").settings, { chosen: "slow" });
  expect(await read()).toBeUndefined();
  const other = { encoder: "e", method: "early-exit", cells: [1] };
  await made("choose.e.early-exit", other, { chosen: "fast" });
  expect(await read()).toBeUndefined();
});

test("an artifact that does not record its choice is an error that names it", async () => {
  await made("choose.e.sweet", cell("sweet").settings, {});
  await made("choose.e.early-exit", cell("early-exit").settings, { chosen: "fast" });
  await expect(read()).rejects.toThrow(/choose\.e\.sweet: expected a chosen regime; run the stage/);
});

test("a dry run assumes one regime for every method", () => {
  expect([...assumedChoices(cells, "slow").values()]).toEqual(["slow", "slow"]);
});

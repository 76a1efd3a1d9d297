import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPushArguments } from "../scripts/push/arguments.ts";
import { openCombination } from "../scripts/push/combination.ts";

describe("push's arguments", () => {
  it("are a pipeline, optionally a combination, and the destination", () => {
    expect(readPushArguments(["demo", "--dry"])).toEqual({
      pipeline: "demo",
      combination: undefined,
      to: undefined,
      private: false,
      member: undefined,
      dry: true,
    });
    const all = "demo/a.b.sweet.1 --to acme/reviews-v1.0 --private --member 2";
    expect(readPushArguments(all.split(" "))).toEqual({
      pipeline: "demo",
      combination: "a.b.sweet.1",
      to: "acme/reviews-v1.0",
      private: true,
      member: 2,
      dry: false,
    });
  });

  it.each([
    ["", "expected one PIPELINE or PIPELINE/CELL, got none"],
    ["demo smoke --dry", "expected one PIPELINE or PIPELINE/CELL, got demo smoke"],
    ["../demo --dry", "expected one PIPELINE or PIPELINE/CELL, got ../demo"],
    ["demo/a/b --dry", "expected one PIPELINE or PIPELINE/CELL, got demo/a/b"],
    ["demo", "expected --to ORG/NAME, the repository on the Hub, or --dry"],
    ["demo --to reviews", '--to: expected ORG/NAME, got "reviews"'],
    ["demo --to ../..", '--to: expected ORG/NAME, got "../.."'],
    ["demo --dry --member 0", '--member: expected a number from 1, got "0"'],
    ["demo --wet", "Unknown option '--wet'"],
  ])("%j: %s", (args, message) => {
    expect(() => readPushArguments(args.split(" ").filter((a) => a !== ""))).toThrow(
      `push: ${message}`,
    );
  });
});

describe("a combination", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "push-"));
    const write = async (path: string, text: string) => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    };
    await write("pipelines/demo/pipeline.yaml", "");
    const cells = ["sweet", "early-exit"].map((method) => ({
      input: `eval.reviews.tiny.${method}.1`,
      task: "reviews",
      encoder: "tiny",
      method,
      seed: 1,
    }));
    const cell = (settings: object, inputs: object) => JSON.stringify({ settings, inputs });
    await write(".run/mine/cells/report/cell.json", cell({ cells }, {}));
    await write(".run/mine/cells/eval.reviews.tiny.sweet.1/cell.json", cell({}, {}));
  });
  afterAll(() => rm(root, { recursive: true }));

  it.each([
    ["dem", undefined, 'no pipeline "dem", did you mean "demo"? (known: demo, mine)'],
    [
      "demo",
      undefined,
      "the pipeline demo has not been run yet; run: npx turbo run pipeline -- demo",
    ],
    [
      "mine",
      undefined,
      "mine has 2 combinations; name one, as in mine/reviews.tiny.sweet.1:\n  reviews.tiny.sweet.1\n  reviews.tiny.early-exit.1",
    ],
    [
      "mine",
      "reviews.tiny.swet.1",
      'mine has no combination "reviews.tiny.swet.1", did you mean "reviews.tiny.sweet.1"?',
    ],
    [
      "mine",
      "reviews.tiny.sweet.1",
      "the cell eval.reviews.tiny.sweet.1 has not been run yet; run: npx turbo run pipeline -- mine",
    ],
  ])("of %s, %s: %s", async (pipeline, id, message) => {
    await expect(openCombination(root, pipeline, id)).rejects.toThrow(`push: ${message}`);
  });
});

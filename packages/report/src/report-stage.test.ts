import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStage } from "@sweetspot/artifact";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { threeMethods, writeCell } from "../test/fake-cells.ts";
import { stage } from "./stage.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sweetspot-report-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the stage report", () => {
  test("leaves the page, the numbers, the table and the figures, the same bytes each time", async () => {
    const cells = threeMethods({ examples: 101 });
    const inputs: Record<string, string> = {};
    for (const cell of cells) inputs[cell.input] = await writeCell(folder, cell);
    const call = {
      settings: {
        title: "Three methods",
        cells: cells.map(({ input, task, encoder, method, seed }) => ({
          input,
          task,
          encoder,
          method,
          seed,
        })),
      },
      inputs,
    };
    const first = await runStage(stage, { ...call, output: join(folder, "first") });
    const second = await runStage(stage, { ...call, output: join(folder, "second") });
    expect(Object.keys(first.manifest.files).sort()).toEqual(
      [
        ...["accuracy-by-layers", "accuracy-by-milliseconds", "exits", "leaving"].flatMap((f) => [
          `figures/reviews-minilm-${f}.png`,
          `figures/reviews-minilm-${f}.svg`,
        ]),
        "report.html",
        "results.json",
        "table.txt",
      ].sort(),
    );
    expect(second.manifest).toEqual(first.manifest);
    expect(await readFile(first.path("report.html"), "utf8")).toContain("<h1>Three methods</h1>");
  });
});

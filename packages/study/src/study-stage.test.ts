import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStage } from "@sweetspot/artifact";
import { writeCell, writeCells } from "@sweetspot/report/testing";
import { afterAll, describe, expect, test } from "vitest";
import { studyCells } from "../test/study-cells.ts";
import { stage } from "./stage.ts";

const folder = await mkdtemp(join(tmpdir(), "sweetspot-study-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the stage study", () => {
  test("writes the page, the numbers, the claims as text and the figures", async () => {
    const cells = studyCells().filter((c) => c.chosen && c.seed === 1 && c.task !== "beta");
    const inputs = await writeCells(folder, cells);
    const { path, manifest } = await runStage(stage, {
      settings: {
        title: "Claims",
        controls: ["control"],
        cells: cells.map(({ input, task, encoder, method, seed, regime, chosen }) => {
          return { input, task, encoder, method, seed, regime, chosen };
        }),
      },
      inputs,
      output: join(folder, "claims"),
    });
    const study = JSON.parse(await readFile(path("study.json"), "utf8"));
    expect(study).toMatchObject({ format: "sweetspot-study-1", tasks: ["alpha", "control"] });
    expect(study.claims.map((c: { id: number }) => c.id)).toEqual([1, 2, 3, 4, 5]);
    expect(await readFile(path("table.txt"), "utf8")).toMatch(/^The paper's claims/);
    expect(await readFile(path("study.html"), "utf8")).toContain("<h1>Claims</h1>");
    const figures = study.figures.flatMap((f: string) => [`figures/${f}.png`, `figures/${f}.svg`]);
    expect(Object.keys(manifest.files).sort()).toEqual(
      [...figures, "study.html", "study.json", "table.txt"].sort(),
    );
  });

  const settings = {
    title: "t",
    cells: [{ input: "a", task: "x", encoder: "y", method: "sweet", seed: 1 }],
  };
  const bad: [string, unknown, RegExp][] = [
    [
      "a missing input",
      { ...settings, cells: [{ ...settings.cells[0], input: "b" }] },
      /study: no input "b" \(has a\)/,
    ],
    [
      "a control that is not a task of the cells",
      { ...settings, controls: ["x", "z"] },
      /controls\[?\.?1\]?: must be a task of the cells \(x\), got "z"/,
    ],
    [
      "only controls",
      { ...settings, controls: ["x"] },
      /controls: must leave at least one task for the claims, got \["x"\]$/,
    ],
    [
      "two encoders",
      { ...settings, cells: [...settings.cells, { ...settings.cells[0], encoder: "w" }] },
      /cells: must be of one encoder; use a pipeline for each, got \["y","w"\]$/,
    ],
  ];
  test.each(bad)("%s: an error, and no study", async (name, given, message) => {
    const [cell] = studyCells();
    if (cell === undefined) throw new Error("no cell");
    const a = await writeCell(join(folder, name), cell);
    const output = join(folder, name, "study");
    const call = { settings: given, inputs: { a }, output };
    await expect(runStage(stage, call)).rejects.toThrow(message);
    await expect(stat(output)).rejects.toThrow("ENOENT");
  });
});

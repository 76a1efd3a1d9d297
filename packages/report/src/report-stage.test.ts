import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStage } from "@sweetspot/artifact";
import { afterAll, describe, expect, test } from "vitest";
import { fakeCell, threeMethods, writeCell, writeCells } from "./testing.ts";
import type { ReportedCell } from "./cell.ts";
import { stage } from "./stage.ts";

const folder = await mkdtemp(join(tmpdir(), "sweetspot-report-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the stage report", () => {
  test("writes the page, the numbers, the table and the figures, the same bytes each time", async () => {
    const cells = threeMethods({ examples: 101 });
    const inputs = await writeCells(folder, cells);
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

  test("copies the predictions of each method's first seed, where the texts are known", async () => {
    const mistakes: ReportedCell["mistakes"] = {
      format: "sweetspot-mistakes-1",
      errors: { count: 0, first: [] },
      labels: { count: 0, of: 9, first: [] },
    };
    const cells = [
      ...[2, 1].map((seed) => ({ ...fakeCell({ seed, examples: 30 }), mistakes })),
      fakeCell({ method: "sweet", examples: 30 }),
    ];
    const artifact = await runStage(stage, {
      settings: {
        title: "t",
        cells: cells.map(({ input, task, encoder, method, seed }) => {
          return { input, task, encoder, method, seed };
        }),
      },
      inputs: await writeCells(join(folder, "texts"), cells),
      output: join(folder, "texts", "report"),
    });
    const copies = Object.keys(artifact.manifest.files).filter((f) => f.endsWith(".csv"));
    expect(copies).toEqual(["predictions/reviews-minilm-early-exit.csv"]);
    expect(await readFile(artifact.path(copies[0] ?? ""), "utf8")).toBe(
      "text\r\nreviews-minilm-early-exit-1\r\n",
    );
  });

  const settings = {
    title: "t",
    cells: [{ input: "a", task: "x", encoder: "y", method: "sweet", seed: 1 }],
  };
  const cell = fakeCell({ method: "sweet", examples: 20 });
  const bad: [string, { cell?: ReportedCell; settings?: unknown }, RegExp][] = [
    [
      "a missing input",
      { settings: { ...settings, cells: [{ ...settings.cells[0], input: "b" }] } },
      /report: no input "b" \(has a\)/,
    ],
    ["no cells", { settings: { title: "t", cells: [] } }, /cells: must hold at least one cell/],
    [
      "a method other than in the settings",
      { settings: { ...settings, cells: [{ ...settings.cells[0], method: "early-exit" }] } },
      /results\.json: the settings say that a is early-exit, but it holds sweet/,
    ],
    [
      "results in another format",
      {
        cell: {
          ...cell,
          // The types forbid what this tests.
          results: { ...cell.results, format: "other" } as unknown as ReportedCell["results"],
        },
      },
      /results\.json: format:/,
    ],
    [
      "right answers of another shape",
      { cell: { ...cell, right: { ...cell.right, exits: cell.right.exits.slice(1) } } },
      /right-answers\.safetensors: tensor "exits" must be \[4, 20\], got \[3, 20\]/,
    ],
  ];
  test.each(bad)(
    "%s: an error, and no report",
    async (name, { cell: given, settings: s }, message) => {
      const a = await writeCell(join(folder, name), given ?? cell);
      const output = join(folder, name, "report");
      const error: unknown = await runStage(stage, {
        settings: s ?? settings,
        inputs: { a },
        output,
      }).catch((e: unknown) => e);
      expect((error as Error).message).toMatch(message);
      await expect(stat(output)).rejects.toThrow("ENOENT");
    },
  );
});

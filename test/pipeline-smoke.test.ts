import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { writeRepository } from "@sweetspot/export";
import { readCheckpoint } from "@sweetspot/model";
import { openCombination } from "../scripts/push/combination.ts";
import { repositoryContent } from "../scripts/push/repository-content.ts";
import { type Project, realProject } from "./fixtures/pipeline/project.ts";

// The built packages, with the real stages.

vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });
let project: Project;
beforeAll(async () => {
  project = await realProject();
  await cp(join(import.meta.dirname, "..", "pipelines"), join(project.dir, "pipelines"), {
    recursive: true,
  });
});
afterAll(() => project.remove());

test("smoke goes from raw text to the report, and a second run does nothing", async () => {
  const first = await project.run("smoke");
  expect(first.output).toMatch(/^18 cells: 18 run, 0 from the cache/m);
  expect(first.code).toBe(0);
  expect(first.lines.at(-1)).toBe("report: runs/smoke/report.html");
  expect(await readdir(join(project.dir, "runs", "smoke"))).toEqual(
    expect.arrayContaining(["figures", "report.html", "results.json"]),
  );
  const second = await project.run("smoke");
  expect(second.output).toMatch(/^18 cells: 0 run, 18 from the cache/m);
  const table = (lines: readonly string[]) =>
    lines.slice(lines.findIndex((line) => line.startsWith("18 cells")) + 1);
  expect(second.code).toBe(0);
  expect(table(second.lines)).toEqual(table(first.lines));
});

test("smoke's results become a Hub repository, if their parts belong together", async () => {
  await expect(openCombination(project.dir, "smoke", "amazon.tiny.sweet.1")).rejects.toThrow(
    /^push: the weights of train\.amazon\.tiny\.sweet\.1 are gone, .*: npx turbo run pipeline -- smoke --filter=train\.amazon\.tiny\.sweet\.1$/,
  );
  const cells = ["sweet", "multi-model"].map((method) => `--filter=train.amazon.tiny.${method}.1`);
  expect((await project.run("smoke", ...cells)).code).toBe(0);
  const sweet = await openCombination(project.dir, "smoke", "amazon.tiny.sweet.1");
  const content = await repositoryContent(sweet, "acme/amazon");
  const folder = join(project.dir, "sweet");
  const { files } = await writeRepository(folder, content);
  expect(files).toContain("curve.svg");
  expect((await readCheckpoint(folder)).exitLayers).toEqual([1, 2]);
  const card = await project.read("sweet/README.md");
  const { exits, atBudget } = JSON.parse(
    await readFile(sweet.evaluated.path("results.json"), "utf8"),
  ) as { exits: { accuracy: number }[]; atBudget: { threshold: number }[] };
  for (const { accuracy } of exits) expect(card).toContain(` | ${(100 * accuracy).toFixed(1)} | `);
  expect(JSON.parse(await project.read("sweet/config.json"))).toMatchObject({
    operating_points: atBudget.map(({ threshold }) => ({ threshold })),
  });

  const cascade = await openCombination(project.dir, "smoke", "amazon.tiny.multi-model.1");
  const depths = async (member?: number) =>
    (await repositoryContent(cascade, "acme/amazon", member)).checkpoint.exitLayers;
  expect([await depths(), await depths(1), await depths(2)]).toEqual([[2], [1], [2]]);
  await expect(depths(3)).rejects.toThrow(
    "push: --member: expected a number from 1 to 2, the models of amazon.tiny.multi-model.1, got 3",
  );

  const cell = ".run/smoke/cells/train.amazon.tiny.sweet.1/cell.json";
  const planned = await project.read(cell);
  await project.write(cell, planned.replace('"epochs": 1', '"epochs": 2'));
  await expect(openCombination(project.dir, "smoke", "amazon.tiny.sweet.1")).rejects.toThrow(
    "push: the cell train.amazon.tiny.sweet.1 was planned again and has not been run since; run: npx turbo run pipeline -- smoke",
  );
  await project.write(cell, planned);
});

test("a user's CSV file needs one new pipeline file and no code", async () => {
  const subjects = ["the soup", "our waiter", "this phone", "the plot", "a room", "their tea"];
  const verdicts = { good: ["was lovely", "is a joy"], bad: ["was awful", "is a pity"] };
  const rows = Object.entries(verdicts).flatMap(([label, phrases]) =>
    phrases.flatMap((phrase) =>
      subjects.flatMap((subject) =>
        ["today", "again", "as ever", "they say"].map(
          (when) => `"${subject} ${phrase}, ${when}",${label}`,
        ),
      ),
    ),
  );
  await project.write("mine/reviews.csv", `review,stars\n${rows.join("\n")}\n`);
  await project.write(
    "mine/pipeline.yaml",
    `tasks:
  reviews: { file: reviews.csv, text: review, label: stars }
encoders: [tiny]
methods: [early-exit]
exitLayers: [1, 2]
train: { epochs: 1 }
time: { examples: 4, rounds: 2 }
`,
  );
  const { code, output, lines } = await project.run("mine");
  expect(output).toMatch(/^8 cells: 8 run/m);
  expect(code).toBe(0);
  expect(lines.at(-1)).toBe("report: runs/mine/report.html");

  await project.write("mine/reviews.csv", `review,stars\n${rows.join("\n")}\n"one more"\n`);
  const broken = await project.run("mine");
  expect(broken.code).toBe(1);
  expect(broken.output).toMatch(/^data\.reviews\.tiny: mine\/reviews\.csv: .*98/m);
  expect(broken.output).not.toContain("report: ");
});

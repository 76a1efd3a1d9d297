import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Project, realProject } from "./fixtures/pipeline/project.ts";

// The built packages, every stage the real one.

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });
let project: Project;
beforeAll(async () => {
  project = await realProject();
  await cp(join(import.meta.dirname, "..", "pipelines"), join(project.dir, "pipelines"), {
    recursive: true,
  });
});
afterAll(() => project.remove());

test("smoke goes from raw text to the report, and a second time does nothing", async () => {
  const first = await project.run("smoke");
  expect(first.output).toMatch(/^17 cells: 17 run, 0 from the cache/m);
  expect(first.code).toBe(0);
  expect(first.lines.at(-1)).toBe("report: runs/smoke/report.html");
  expect(await readdir(join(project.dir, "runs", "smoke"))).toEqual(
    expect.arrayContaining(["figures", "report.html", "results.json"]),
  );
  const second = await project.run("smoke");
  expect(await project.misses("smoke")).toEqual([]);
  const table = (lines: readonly string[]) =>
    lines.slice(lines.findIndex((line) => line.startsWith("17 cells")) + 1);
  expect(second.code).toBe(0);
  expect(table(second.lines)).toEqual(table(first.lines));
});

test("a person's CSV goes through with one new file and no code", async () => {
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
time: { examples: 4, rounds: 1 }
`,
  );
  const { code, output, lines } = await project.run("mine");
  expect(output).toMatch(/^7 cells: 7 run/m);
  expect(code).toBe(0);
  expect(lines.at(-1)).toBe("report: runs/mine/report.html");

  await project.write("mine/reviews.csv", `review,stars\n${rows.join("\n")}\n"one more"\n`);
  const broken = await project.run("mine");
  expect(broken.code).toBe(1);
  expect(broken.output).toMatch(/^data\.reviews\.tiny: mine\/reviews\.csv: .*98/m);
  expect(broken.output).not.toContain("report: ");
});

import { type ChildProcess, execFileSync } from "node:child_process";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { ownIdentity } from "@sweetspot/artifact/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { fakeProject, type Project } from "./fixtures/pipeline/project.ts";
import { hashOf, spoilCacheEntry } from "./fixtures/pipeline/turbo-cache.ts";

// The built planner with real turbo, in a separate project with fake stages.

vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });
let project: Project;
beforeAll(async () => {
  project = await fakeProject();
});
afterAll(() => project.remove());

const small = `
tasks: [amazon]
encoders: [tiny]
methods: [sweet]
exitLayers: [1, 2]
`;
const smallCells = 8;

/** A process's output: `until` waits for a text, `whole` for the end. */
function outputOf({ stdout }: ChildProcess): {
  until(text: string): Promise<void>;
  whole: Promise<string>;
} {
  let output = "";
  const waiting: (() => void)[] = [];
  const whole = new Promise<string>((resolve) => stdout?.once("end", () => resolve(output)));
  stdout?.setEncoding("utf8").on("data", (more: string) => {
    output += more;
    for (const look of waiting) look();
  });
  return {
    whole,
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = () => output.includes(text) && resolve();
        waiting.push(look);
        look();
        void whole.then(() => reject(new Error(`expected ${text}, got ${output}`)));
      }),
  };
}

/** Lets waiting stages continue until `ending` settles. */
async function released<T>(ending: Promise<T>): Promise<T> {
  await project.write("go", "");
  try {
    return await ending;
  } finally {
    await rm(join(project.dir, "go"));
  }
}

const file = (name: string) => join("pipelines", name, "pipeline.yaml");

describe("what an edit re-runs", () => {
  const yaml = `# two tasks, two methods
tasks: { amazon: {}, imdb: {} }
encoders: [tiny]
methods: { early-exit: {}, sweet: {} }
seeds: [1]
exitLayers: [1, 2]
`;
  const stagesOfOne = ["eval", "export", "predict", "train"];
  /** A combination's cells; its time is measured with the first seed. */
  const cellsOf = (...ends: string[]) =>
    ends.flatMap((end) => [
      ...stagesOfOne.map((stage) => `${stage}.${end}`),
      `time.${end.replace(/\.\d+$/, "")}`,
    ]);
  const all = [
    "data.amazon.tiny",
    "data.imdb.tiny",
    "probe.amazon.tiny",
    "probe.imdb.tiny",
    "report",
    ...cellsOf("amazon.tiny.early-exit.1", "amazon.tiny.sweet.1"),
    ...cellsOf("imdb.tiny.early-exit.1", "imdb.tiny.sweet.1"),
  ].sort();

  beforeEach(async () => {
    await project.write(file("edits"), yaml);
  });

  /** Runs the pipeline and returns what turbo's summary says was not cached. */
  async function rerun(): Promise<string[]> {
    // With more, turbo would be called twice, and the summary would cover only the second call.
    const { code, lines } = await project.run("edits", "--concurrency=1");
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe("report: runs/edits/report.html");
    return project.misses("edits");
  }

  /** The cells that turbo says it would run; running them all would take too long. */
  async function wouldRun(text: string): Promise<string[]> {
    await project.write(file("edits"), text);
    const { code, lines } = await project.run("edits", "--dry");
    expect(code).toBe(0);
    return lines
      .filter((line) => line.startsWith("to run  "))
      .map((line) => line.slice("to run  ".length))
      .sort();
  }

  test("nothing: nothing", async () => {
    expect(await rerun()).toEqual(all);
    expect(await rerun()).toEqual([]);
  });

  test("comments in YAML and in code, a README: nothing", async () => {
    await project.write(file("edits"), `# a comment\n${yaml.replace("seeds", "\nseeds")}`);
    const stage = "node_modules/@sweetspot/train/dist/stage.js";
    const code = await project.read(stage);
    await project.write(stage, `${code}/* more */ // and more\n`);
    await project.write("node_modules/@sweetspot/train/README.md", "# Train");
    expect(await rerun()).toEqual([]);
    await project.write(stage, code);
  });

  test("thresholds: each eval, and the report", async () => {
    const expected = all.filter((id) => /^(eval\.|report)/.test(id));
    expect(await wouldRun(`${yaml}eval: { thresholds: [0, 0.5, 1] }\n`)).toEqual(expected);
    expect(await rerun()).toEqual(expected);
  });

  test("SWEET's learning rate: SWEET's cells, and the report", async () => {
    const text = yaml.replace("sweet: {}", "sweet: { train: { learningRate: 1e-4 } }");
    const own = cellsOf("amazon.tiny.sweet.1", "imdb.tiny.sweet.1");
    expect(await wouldRun(text)).toEqual([...own, "report"].sort());
  });

  test("one more seed: that seed's cells, and the report", async () => {
    const before = new Set(all);
    const added = await wouldRun(yaml.replace("[1]", "[1, 2]"));
    expect(added.filter((id) => before.has(id))).toEqual(["report"]);
    expect(added).toHaveLength(17);
    expect(added.every((id) => id === "report" || id.endsWith(".2"))).toBe(true);
  });

  test("one task's setting: that task's cells, and the report", async () => {
    const own = cellsOf("imdb.tiny.early-exit.1", "imdb.tiny.sweet.1");
    expect(await wouldRun(yaml.replace("imdb: {}", "imdb: { data: { trainSize: 50 } }"))).toEqual(
      ["data.imdb.tiny", "probe.imdb.tiny", ...own, "report"].sort(),
    );
  });

  test("a stage's code: its cells, and what reads them", async () => {
    const stage = "node_modules/@sweetspot/eval/dist/fake.js";
    const code = await project.read(stage);
    await project.write(stage, `${code}export const more = 1;\n`);
    expect(await wouldRun(yaml)).toEqual(all.filter((id) => /^(eval\.|report)/.test(id)));
    await project.write(stage, code);
  });

  test("a lost or damaged result comes back from the cache", async () => {
    expect(await rerun()).toEqual([]);
    const artifact = ".run/edits/cells/train.amazon.tiny.sweet.1/artifact";
    const made = await project.read(`${artifact}/made.json`);
    await project.write(`${artifact}/made.json`, "spoilt");
    await rm(join(project.dir, ".run/edits/cells/report"), { recursive: true });
    expect(await rerun()).toEqual([]);
    expect(await project.read(`${artifact}/made.json`)).toBe(made);
  });

  test("a damaged cache entry is dropped, and its cell runs again automatically", async () => {
    const cell = "predict.amazon.tiny.sweet.1";
    const artifact = `.run/edits/cells/${cell}/artifact`;
    const made = await project.read(`${artifact}/made.json`);
    await spoilCacheEntry(project.dir, "edits", cell, "made.json");
    // Another cell must run too, and reads the damaged one.
    const reader = await hashOf(project.dir, "edits", "eval.amazon.tiny.sweet.1");
    const cache = join(project.dir, ".run", ".turbo-cache");
    for (const entry of await readdir(cache))
      if (entry.startsWith(reader)) await rm(join(cache, entry));
    const { code, lines } = await project.run("edits", "--concurrency=1");
    expect(code).toBe(0);
    const problem = `${join("cells", cell, "artifact", "made.json")}: expected `;
    expect(lines.filter((line) => line.startsWith(problem))).toEqual([
      expect.stringMatching(
        / bytes as the manifest says, got \d+; predict\.\S+ is restored again$/,
      ),
      expect.stringMatching(/ bytes as the manifest says, got \d+; predict\.\S+ is run again$/),
    ]);
    expect(lines).toContainEqual(expect.stringMatching(/^25 cells: 4 run, 21 from the cache/));
    expect(await project.read(`${artifact}/made.json`)).toBe(made);
    expect(await rerun()).toEqual([]);
    expect(await project.read(`${artifact}/made.json`)).toBe(made);
  });

  test("a file that changed on disk, with its size and time unchanged, is restored", async () => {
    const path = ".run/edits/cells/data.imdb.tiny/artifact/made.json";
    const made = await project.read(path);
    const { atime, mtime } = await stat(join(project.dir, path));
    await project.write(path, made.replace("data", "dada"));
    await utimes(join(project.dir, path), atime, mtime);
    expect(await rerun()).toEqual([]);
    expect(await project.read(path)).toBe(made);
  });

  test("a report is restored, even by a dry run, if a run was killed between its two renames", async () => {
    const reports = join(project.dir, "runs");
    const writer = `${(await ownIdentity()).place}-4194305-1-0`;
    await rename(join(reports, "edits"), join(reports, `edits.old-${writer}`));
    await mkdir(join(reports, `edits.tmp-${writer}`));
    expect((await project.run("edits", "--dry")).code).toBe(0);
    expect((await readdir(reports)).filter((name) => name.startsWith("edits"))).toEqual(["edits"]);
    expect(await project.read("runs/edits/report.html")).not.toBe("");
  });

  test("a dropped task's cells are removed, and come back from the cache", async () => {
    await project.write(file("edits"), yaml.replace(", imdb: {}", ""));
    expect(await rerun()).toEqual(["report"]);
    const cells = await readdir(join(project.dir, ".run", "edits", "cells"));
    expect(cells.sort()).toEqual(all.filter((id) => !id.includes("imdb")));
    await project.write(file("edits"), yaml);
    expect(await rerun()).toEqual([]);
  });
});

describe("a run", () => {
  test("writes the report, prints each cell's lines with its name, and last the table and the report's path", async () => {
    await project.write(
      file("one"),
      `${small}title: One\ndata: { trainSize: 1 }\ntrain: { steps: 2 }\n`,
    );
    const { code, lines } = await project.run("one");
    expect(code).toBe(0);
    expect(lines.slice(-3)).toEqual(["table of 1 cells", "", "report: runs/one/report.html"]);
    expect(lines[0]).toBe(`[1/${smallCells}] data.amazon.tiny`);
    // The probe may begin before or after it.
    expect(lines.filter((line) => line.includes("train."))).toEqual([
      expect.stringMatching(`^\\[[23]/${smallCells}\\] train\\.amazon\\.tiny\\.sweet\\.1$`),
      "train.amazon.tiny.sweet.1: step 1 of 2",
      "train.amazon.tiny.sweet.1: step 2 of 2",
    ]);
    expect(await project.read("runs/one/report.html")).toBe("One");
    expect(await readdir(join(project.dir, "runs", "one"))).toContain("figures");
  });

  test("of a user's file depends on its content", async () => {
    await project.write("mine/reviews.csv", "text,label\ngood,1\n");
    const yaml = small.replace(
      "[amazon]",
      "{ mine: { file: reviews.csv, text: text, label: label } }",
    );
    await project.write("mine/pipeline.yaml", yaml);
    expect(await project.run("mine", "--filter=data.*")).toMatchObject({ code: 0 });
    const { settings } = JSON.parse(
      await project.read(".run/mine/cells/data.mine.tiny/artifact/made.json"),
    ) as { settings: { task: { file: string } } };
    expect(settings.task.file).toBe("mine/reviews.csv");
    expect((await project.run("mine/pipeline.yaml", "--dry")).lines.at(-1)).toBe(
      `${smallCells} cells: ${smallCells - 1} to run, 1 cached`,
    );
    await project.write("mine/reviews.csv", "text,label\nbad,0\n");
    expect((await project.run("mine", "--dry")).lines.at(-1)).toBe(
      `${smallCells} cells: ${smallCells} to run, 0 cached`,
    );
  });

  test("with a filter runs the matching cells and what they read, and shows no table", async () => {
    await project.write(file("some"), `${small}seeds: [9]\n`);
    const { code, output, lines } = await project.run("some", "--filter=export.*");
    expect(code).toBe(0);
    expect(await project.misses("some")).toEqual([
      "export.amazon.tiny.sweet.9",
      "train.amazon.tiny.sweet.9",
    ]);
    expect(lines.at(-1)).toBe(
      "export.amazon.tiny.sweet.9: .run/some/cells/export.amazon.tiny.sweet.9/artifact",
    );
    expect(output).not.toContain("table");
    const dry = await project.run("some", "--dry", "--filter=predict.*");
    expect(dry.lines.filter((line) => line.startsWith("to run")).join()).toMatch(/ predict\.\S+$/);
    expect(dry.lines.at(-1)).toBe("4 cells: 1 to run, 3 cached");
    const none = await project.run("some", "--filter=exprt.*");
    expect(none).toMatchObject({ code: 1 });
    expect(none.output).toMatch(/^pipeline: no cell matches --filter=exprt\.\*; --dry lists them/);
  });

  test("of several cells at once times them alone, after the others", async () => {
    await project.write(
      file("several"),
      `${small}seeds: [21, 22]\ntrain: { steps: 2, waitAfter: 1 }\n`,
    );
    const running = project.start("several", "--concurrency=2");
    const { until, whole } = outputOf(running);
    // Neither continues before both have started.
    for (const seed of [21, 22]) await until(`train.amazon.tiny.sweet.${seed}: step 1 of 2`);
    const lines = (await released(whole)).split("\n");
    expect(lines).toContainEqual(expect.stringMatching(/^\d+ cells: \d+ run, \d+ from the cache/));
    const begun = lines.flatMap((line) => /^\[\d+\/\d+\] (\w+)/.exec(line)?.[1] ?? []);
    const timed = begun.indexOf("time");
    expect(begun.slice(0, timed).sort()).toEqual(
      ["data", "export", "export", "predict", "predict", "train", "train"].slice(
        begun.includes("data") ? 0 : 1,
      ),
    );
    expect(begun.slice(timed).sort()).toEqual(["eval", "eval", "report", "time"]);
    expect(lines.at(-2)).toBe("report: runs/several/report.html");
    const again = await project.run("several", "--concurrency=2");
    expect(again.output).toMatch(/^(\d+) cells: 0 run, \1 from the cache/m);
  });

  test("with a failing cell names it, shows no table, and does not cache it", async () => {
    await project.write(file("fails"), `${small}seeds: [4]\ntrain: { fail: true }\n`);
    for (let i = 0; i < 2; i++) {
      const { code, output, lines } = await project.run("fails");
      expect(code).toBe(1);
      expect(lines).toContain("train.amazon.tiny.sweet.4: train: asked to fail");
      const log = join(
        ".run",
        "fails",
        "cells",
        "train.amazon.tiny.sweet.4",
        ".turbo",
        "turbo-cell.log",
      );
      expect(output).toContain(`failed: train.amazon.tiny.sweet.4 (exit 1; its log is in ${log};`);
      expect(await project.read(log)).toContain("train: asked to fail");
      expect(output).toMatch(/^not run: [56] of 8 cells$/m);
      expect(output).not.toMatch(/table|report:/);
    }
    expect(await readdir(join(project.dir, "runs"))).not.toContain("fails");
  });

  test("with a failing cell announces no cell that never starts", async () => {
    await project.write(file("stops"), `${small}seeds: [6, 7, 8]\ntrain: { fail: true }\n`);
    const { code, lines } = await project.run("stops");
    expect(code).toBe(1);
    expect(lines.filter((line) => line.includes("] train."))).toEqual([
      expect.stringMatching(/^\[[23]\/16\] train\.amazon\.tiny\.sweet\.[678]$/),
    ]);
    expect(lines).toContainEqual(expect.stringMatching(/^not run: 1[34] of 16 cells$/));
  });

  test("named cache does not mix with turbo's cache", async () => {
    await project.write(file("cache"), small);
    expect(await project.run("cache", "--filter=data.*")).toMatchObject({ code: 0 });
    expect((await readdir(join(project.dir, ".run", "cache"))).sort()).toEqual([
      ".turbo",
      "cells",
      "package-lock.json",
      "package.json",
      "turbo.json",
    ]);
  });

  test("stops if its code changes, so that no result is cached under the wrong code", async () => {
    const yaml = `${small}seeds: [5]\ntrain: { steps: 1, waitAfter: 0 }\n`;
    await project.write(file("changes"), yaml);
    const stage = "node_modules/@sweetspot/export/dist/fake.js";
    const code = await project.read(stage);
    const running = project.start("changes");
    const ended = outputOf(running);
    await ended.until("] train.");
    await project.write(stage, `${code}export const more = 1;\n`);
    const output = await released(ended.whole);
    await project.write(stage, code);
    expect(output).toMatch(/^export\..*: cell: the code of @sweetspot\/export changed/m);
  });

  test.each(["--help", "-h"])("with %s prints the usage and runs nothing", async (flag) => {
    const { code, lines } = await project.run("nowhere", flag);
    expect(code).toBe(0);
    expect(lines[0]).toBe(
      "usage: pipeline [NAME | PATH] [--dry] [--filter=CELL] [--concurrency=N] [--cache-gb=N]",
    );
    expect(lines.length).toBeGreaterThan(3);
  });

  test.each([
    ["nowhere", undefined, /^pipeline: expected a folder in pipelines\/.*got nowhere$/],
    ["keys", small.replace("exitLayers", "exitLayer"), /^pipelines\/keys\/pipeline\.yaml:5: /],
    [
      "lost",
      small.replace("[amazon]", "\n  mine: { file: lost.csv, text: t, label: l }"),
      /^pipelines\/lost\/pipeline\.yaml:3: tasks\.mine\.file: .*no file .*lost\.csv\)$/,
    ],
  ])("that cannot be planned (%s) prints one line of error", async (name, yaml, message) => {
    if (yaml !== undefined) await project.write(file(name), yaml);
    const { code, lines } = await project.run(name);
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(message)]);
    expect(await readdir(join(project.dir, ".run"))).not.toContain(name);
  });
});

// Windows has no signals that a process could handle, and no `ps`.
const signals = process.platform !== "win32";

describe.runIf(signals)("an interrupted run (needs POSIX signals)", () => {
  /** The processes of a session: the planner and all its descendants. */
  function processesOf(session: number): string[] {
    const table = execFileSync("ps", ["-A", "-o", "sid=,stat=,args="], { encoding: "utf8" });
    return table.split("\n").filter((line) => {
      const [sid, state = ""] = line.trim().split(/\s+/);
      // A zombie has ended and waits for its parent to collect it.
      return Number(sid) === session && !state.startsWith("Z");
    });
  }

  test.each([
    ["group", 21],
    ["planner", 22],
  ])(
    "by SIGINT to the %s exits with 130, leaves no process, and can be resumed",
    async (whom, seed) => {
      const name = `interrupted-${whom}`;
      const yaml = `${small}seeds: [${seed}]\ntrain: { steps: 10, waitAfter: 3 }\n`;
      await project.write(file(name), yaml);
      const child = project.start(name);
      const pid = child.pid ?? 0;
      const printed = outputOf(child);
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      await printed.until("step 3 of 10");
      expect(processesOf(pid).length).toBeGreaterThan(3);
      const other = await project.run(name);
      expect(other.code).toBe(1);
      expect(other.output).toContain("this pipeline is already running");
      process.kill(whom === "group" ? -pid : pid, "SIGINT");
      expect(await ended).toBe(130);
      expect(processesOf(pid)).toEqual([]);
      const output = await printed.whole;
      expect(output).not.toMatch(/table|report:|step 4 of 10/);
      expect(output.trimEnd().split("\n").at(-1)).toBe(
        "interrupted; the next run resumes from the last checkpoint",
      );
      expect(await readdir(join(project.dir, "runs"))).not.toContain(name);

      const next = await released(project.run(name, "--filter=train.*"));
      expect(next.code).toBe(0);
      expect(next.output).toContain("resumed at step 3");
      expect(next.output).not.toContain("step 3 of 10\n");
      expect(next.output).toContain("step 10 of 10\n");
    },
  );

  test("by a signal to one cell is not cached", async () => {
    const yaml = `${small}seeds: [23]\ntrain: { steps: 4, dieAfter: 2 }\n`;
    await project.write(file("killed"), yaml);
    const { code, output } = await project.run("killed");
    expect(code).toBe(1);
    expect(output).toMatch(/^failed: train\.amazon\.tiny\.sweet\.23 /m);
    const next = await project.run("killed", "--filter=train.*");
    expect(next.output).toContain("train.amazon.tiny.sweet.23: resumed at step 2");
    expect(next.code).toBe(0);
  });
});

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");

interface PackageJson {
  name: string;
  exports: Record<string, unknown>;
}

const packages = readdirSync(join(root, "packages")).map(
  (dir) =>
    JSON.parse(readFileSync(join(root, "packages", dir, "package.json"), "utf8")) as PackageJson,
);

/** Runs a module in plain Node on the built packages, as users do. */
async function inPlainNode(source: string): Promise<string> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", source], {
    cwd: root,
  });
  return stdout.trim();
}

describe("the built packages in plain Node", () => {
  it.each(packages)("$name: every entry exports something", async ({ name, exports }) => {
    const entries = Object.keys(exports).map((entry) => name + entry.slice(1));
    const printed = await inPlainNode(`
      for (const entry of ${JSON.stringify(entries)}) {
        console.log(entry, Object.keys(await import(entry)).length);
      }`);
    const counts = printed.split("\n").map((line) => line.split(" "));
    expect(counts.map(([entry]) => entry)).toEqual(entries);
    for (const [, count] of counts) expect(Number(count)).toBeGreaterThan(0);
  });

  it("plan a pipeline without loading tfjs or ONNX Runtime", async () => {
    const printed = await inPlainNode(`
      import { createRequire } from "node:module";
      import { planPipeline } from "@sweetspot/pipeline";
      const { cells } = await planPipeline("demo", process.cwd());
      const loaded = Object.keys(createRequire(import.meta.url).cache);
      console.log(cells.length > 0, loaded.filter((f) => /tensorflow|onnxruntime/.test(f)).length);
      await import("@tensorflow/tfjs");
      console.log(Object.keys(createRequire(import.meta.url).cache).length > 0);`);
    expect(printed.split("\n")).toEqual(["true 0", "true"]);
  });

  it("train a classifier and classify with its bundle", async () => {
    const printed = await inPlainNode(`
      import { mkdtemp, rm } from "node:fs/promises";
      import { tmpdir } from "node:os";
      import { join } from "node:path";
      import { runStage } from "@sweetspot/artifact";
      import { stage as data } from "@sweetspot/data/stage";
      import { stage as exported } from "@sweetspot/export/stage";
      import { classify, openBundle } from "@sweetspot/infer";
      import { stage as train } from "@sweetspot/train/stage";
      const folder = await mkdtemp(join(tmpdir(), "sweetspot-dist-"));
      const at = (name) => join(folder, name);
      const cell = (stage, output, settings, inputs) =>
        runStage(stage, { settings, output: at(output), inputs });
      try {
        await cell(data, "data", { task: "amazon", encoder: "tiny", trainSize: 32 }, {});
        const settings = { encoder: "tiny", method: "sweet", exitLayers: [1, 2], epochs: 1 };
        await cell(train, "train", settings, { data: at("data") });
        await cell(exported, "export", {}, { data: at("data"), train: at("train") });
        const bundle = await openBundle(at("export"));
        const [answer] = await classify(bundle, ["It works."], { threshold: 1 });
        console.log(answer.exitLayer, bundle.labels.includes(answer.label));
        await bundle.dispose();
      } finally {
        await rm(folder, { recursive: true });
      }`);
    expect(printed.split("\n").at(-1)).toBe("2 true");
  });
});

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArtifact } from "@sweetspot/artifact";
import { afterEach, beforeEach, expect, test } from "vitest";
import { publish } from "./publish.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "publish-"));
});
afterEach(() => rm(dir, { recursive: true }));

function report(files: readonly string[]) {
  const about = { stage: "report", settings: {}, inputs: {} };
  return writeArtifact(join(dir, "artifact"), about, async (folder) => {
    await mkdir(join(folder, "figures"));
    for (const file of files) await writeFile(join(folder, file), file);
    return {};
  });
}

test("the copy holds the artefact's files and nothing that was there before", async () => {
  const target = join(dir, "runs", "demo");
  await report(["report.html", "figures/old.svg"]);
  await publish(join(dir, "artifact"), target);
  await report(["report.html", "figures/new.svg"]);
  await writeFile(join(dir, "artifact", "figures", "stray.svg"), "of another run");
  expect((await publish(join(dir, "artifact"), target)).sort()).toEqual([
    "figures/new.svg",
    "report.html",
  ]);
  expect((await readdir(target, { recursive: true })).sort()).toEqual([
    "figures",
    "figures/new.svg",
    "manifest.json",
    "report.html",
  ]);
  expect(await readdir(join(dir, "runs"))).toEqual(["demo"]);
});

test("an artefact that is not whole leaves the copy as it was", async () => {
  const target = join(dir, "runs", "demo");
  await report(["report.html"]);
  await publish(join(dir, "artifact"), target);
  await writeFile(join(dir, "artifact", "report.html"), "REPORT.HTML");
  await expect(publish(join(dir, "artifact"), target)).rejects.toThrow(/sha256 no longer matches/);
  expect(await readFile(join(target, "report.html"), "utf8")).toBe("report.html");
});

test("a file where a folder is needed is told, with the fix", async () => {
  await report(["report.html"]);
  await writeFile(join(dir, "runs"), "");
  const target = join(dir, "runs", "demo");
  await expect(publish(join(dir, "artifact"), target)).rejects.toThrow(
    /^cannot write .*: a part of the path is a file, not a folder$/,
  );
});

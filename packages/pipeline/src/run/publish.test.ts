import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArtifact } from "@sweetspot/artifact";
import { afterEach, beforeEach, expect, test } from "vitest";
import { publish, publishStudy } from "./publish.ts";

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

test("the copy has the artifact's files and no older ones", async () => {
  const target = join(dir, "runs", "demo");
  await report(["report.html", "figures/old.svg"]);
  await publish(join(dir, "artifact"), target);
  await report(["report.html", "figures/new.svg"]);
  await writeFile(join(dir, "artifact", "figures", "stray.svg"), "of another run");
  await publish(join(dir, "artifact"), target);
  expect((await readdir(target, { recursive: true })).sort()).toEqual([
    "figures",
    "figures/new.svg",
    "manifest.json",
    "report.html",
  ]);
  expect(await readdir(join(dir, "runs"))).toEqual(["demo"]);
});

test("a damaged artifact leaves the copy unchanged", async () => {
  const target = join(dir, "runs", "demo");
  await report(["report.html"]);
  await publish(join(dir, "artifact"), target);
  await writeFile(join(dir, "artifact", "report.html"), "REPORT.HTML");
  await expect(publish(join(dir, "artifact"), target)).rejects.toThrow(/sha256 no longer matches/);
  expect(await readFile(join(target, "report.html"), "utf8")).toBe("report.html");
});

test("a file in place of the folder is an error with the fix", async () => {
  await report(["report.html"]);
  await writeFile(join(dir, "runs"), "");
  const target = join(dir, "runs", "demo");
  await expect(publish(join(dir, "artifact"), target)).rejects.toThrow(
    /^cannot write .*: a file has the name of a folder that has to be made; choose another path$/,
  );
});

test("a study is published beside the report, in its own folder", async () => {
  const target = join(dir, "runs", "demo");
  await report(["report.html"]);
  await rename(join(dir, "artifact"), join(dir, "report"));
  await study({ figures: [] });
  await publish(join(dir, "report"), target, join(dir, "artifact"));
  expect(await readFile(join(target, "report.html"), "utf8")).toBe("report.html");
  expect(await readFile(join(target, "study", "study.json"), "utf8")).toBe('{"figures":[]}');
});

async function study(content: unknown) {
  const about = { stage: "study", settings: {}, inputs: {} };
  await writeArtifact(join(dir, "artifact"), about, async (folder) => {
    await mkdir(join(folder, "figures"));
    for (const name of ["claims", "curves", "other"])
      await writeFile(join(folder, "figures", `${name}.svg`), name);
    if (content !== undefined) await writeFile(join(folder, "study.json"), JSON.stringify(content));
    return {};
  });
}

test("a study's numbers and figures replace the ones kept before", async () => {
  const kept = join(dir, "docs", "results");
  await mkdir(join(kept, "low"), { recursive: true });
  await writeFile(join(kept, "low", "old.svg"), "");
  await writeFile(join(kept, "other.json"), "{}");
  await study({ figures: ["claims", "curves"], claims: [] });
  expect(await publishStudy(join(dir, "artifact"), kept, "low")).toBe(join(kept, "low.json"));
  expect((await readdir(kept, { recursive: true })).sort()).toEqual([
    "low",
    "low.json",
    "low/claims.svg",
    "low/curves.svg",
    "other.json",
  ]);
  expect(await readFile(join(kept, "low.json"), "utf8")).toBe(
    '{\n "figures": [\n  "claims",\n  "curves"\n ],\n "claims": []\n}\n',
  );
});

test("a study without numbers, or with figure names that are paths, keeps nothing", async () => {
  const kept = join(dir, "results");
  await study(undefined);
  await expect(publishStudy(join(dir, "artifact"), kept, "low")).rejects.toThrow(/study\.json/);
  await rm(join(dir, "artifact"), { recursive: true });
  await study({ figures: ["../../secret"] });
  await expect(publishStudy(join(dir, "artifact"), kept, "low")).rejects.toThrow(/figures/);
  await expect(readdir(kept)).rejects.toThrow(/ENOENT/);
});

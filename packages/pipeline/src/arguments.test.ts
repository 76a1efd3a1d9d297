import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findPipeline, readArguments } from "./arguments.ts";

describe("readArguments", () => {
  test("without a name, the demo runs", () => {
    expect(readArguments([])).toEqual({ pipeline: "demo", dry: false, filters: [], help: false });
    expect(readArguments(["--dry"])).toEqual({
      pipeline: "demo",
      dry: true,
      filters: [],
      help: false,
    });
    expect(readArguments(["smoke", "--filter=train.*", "--filter=eval.*", "--dry"])).toEqual({
      pipeline: "smoke",
      filters: ["train.*", "eval.*"],
      dry: true,
      help: false,
    });
  });

  test("--help wins over any other mistake", () => {
    expect(readArguments(["-h"])).toMatchObject({ help: true });
    expect(readArguments(["a", "b", "--help"])).toMatchObject({ help: true });
  });

  test.each([[["--drry"]], [["-x"]], [["a", "b"]], [["--filter="]], [["--dry", "--dry"]]])(
    "%j is an error that shows the usage",
    (args) => {
      expect(() => readArguments(args)).toThrow(/^pipeline: expected \[NAME \| PATH\] \[--dry\]/);
    },
  );
});

describe("findPipeline", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "find-pipeline-"));
    for (const folder of ["pipelines/demo", "mine/first try"]) {
      await mkdir(join(root, folder), { recursive: true });
      await writeFile(join(root, folder, "pipeline.yaml"), "");
    }
    await writeFile(join(root, "mine", "reviews.yaml"), "");
  });
  afterAll(() => rm(root, { recursive: true }));

  test.each([
    ["demo", "pipelines/demo/pipeline.yaml", "demo"],
    ["pipelines/demo", "pipelines/demo/pipeline.yaml", "demo"],
    ["mine/first try/pipeline.yaml", "mine/first try/pipeline.yaml", "first_try"],
    ["mine/reviews.yaml", "mine/reviews.yaml", "reviews"],
  ])("%s", (pipeline, file, name) => {
    expect(findPipeline(pipeline, root)).toEqual({ file: join(root, file), name });
    const absolute = join(root, file);
    expect(findPipeline(absolute, root)).toEqual({ file: absolute, name });
  });

  test.each(["..yaml", "...yaml", ".hidden.yaml", "_x.yaml", "..hidden/pipeline.yaml"])(
    "%s is an error: its name cannot be a folder's in .run/",
    async (path) => {
      const file = join(root, "odd", path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, "");
      expect(() => findPipeline(file, root)).toThrow(
        /^pipeline: expected a name that begins with a letter or digit, got "[._]/,
      );
    },
  );

  test("a missing pipeline is an error", () => {
    expect(() => findPipeline("domo", root)).toThrow(/^pipeline: expected a folder .*got domo$/);
    expect(() => findPipeline("mine", root)).toThrow(/got mine$/);
  });
});

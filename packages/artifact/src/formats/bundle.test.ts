import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BundleSegment, precisionsOf, readBundle } from "./bundle.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bundle-"));
});
afterAll(() => rm(folder, { recursive: true }));

const segment = (files: BundleSegment["files"]) => ({ files, exitLayer: 1, layers: 1 });
const bundleOf = (...files: BundleSegment["files"][]) => ({
  format: "sweetspot-bundle-2",
  method: "sweet",
  labels: ["no", "yes"],
  layers: 1,
  maxLength: 16,
  members: files.map((f) => ({ segments: [segment(f)] })),
});

async function read(content: object) {
  const file = join(folder, "bundle.json");
  await writeFile(file, JSON.stringify(content));
  return readBundle(file).catch((error: Error) => error.message.replace(folder, ""));
}

describe("readBundle", () => {
  it("reads segments in either precision, or in both", async () => {
    const both = { fp32: "a.onnx", int8: "a.int8.onnx" };
    for (const files of [{ fp32: "a.onnx" }, { int8: "b.onnx" }, both])
      expect(await read(bundleOf(files))).toEqual(bundleOf(files));
    expect(precisionsOf(bundleOf(both))).toEqual(["fp32", "int8"]);
    expect(precisionsOf(bundleOf(both, { int8: "b" }))).toEqual(["int8"]);
  });

  it("says how to make an earlier version's bundle again", async () => {
    expect(await read({ ...bundleOf({ fp32: "a.onnx" }), format: "sweetspot-bundle-1" })).toBe(
      "/bundle.json: expected the format sweetspot-bundle-2, got sweetspot-bundle-1, which an earlier version wrote; run the stage export again",
    );
  });

  it("refuses a segment without a file, or segments without a precision in common", async () => {
    expect(await read(bundleOf({}))).toContain("members.0.segments.0.files: must name a file");
    expect(await read(bundleOf({ fp32: "a.onnx" }, { int8: "b.onnx" }))).toContain(
      "members: every segment must have a file of the same precision",
    );
    expect(await read(bundleOf({ fp16: "a" } as object))).toContain("fp16");
  });
});

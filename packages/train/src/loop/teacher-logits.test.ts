import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Artifact, writeArtifact, writeSafetensors } from "@sweetspot/artifact";
import { afterEach, beforeEach, expect, it } from "vitest";
import { teacherLogits } from "./teacher-logits.ts";
import { elementCount } from "@sweetspot/compile";

let dir: string;
let data: Artifact;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "teacher-"));
  data = await writeArtifact(
    join(dir, "data"),
    { stage: "data", settings: {}, inputs: {} },
    async () => ({}),
  );
});
afterEach(() => rm(dir, { recursive: true }));

/** Predictions of two exits for three examples of five classes: 0, 1, 2 and so on. */
function predictions({ split = "train", of = data.sha256, shape = [2, 3, 5] } = {}) {
  const about = { stage: "predict", settings: {}, inputs: { data: of } };
  return writeArtifact(join(dir, "predict"), about, async (output) => {
    const logits = Float32Array.from({ length: elementCount(shape) }, (_, i) => i);
    await writeSafetensors(join(output, `${split}.safetensors`), {
      logits: { shape, data: logits },
    });
    return {};
  });
}

const sizes = { examples: 3, classes: 5 };

it("are those of the last exit", async () => {
  const logits = await teacherLogits(await predictions(), data, sizes);
  expect([...logits]).toEqual(Array.from({ length: 15 }, (_, i) => 15 + i));
});

it("must be of the same data, of the training split, and of its size", async () => {
  await expect(
    teacherLogits(await predictions({ of: "0".repeat(64) }), data, sizes),
  ).rejects.toThrow(/^train: the teacher's predictions in .* were made from other data$/);
  await expect(teacherLogits(await predictions({ split: "test" }), data, sizes)).rejects.toThrow(
    /hold no training split; set training: true for the stage predict$/,
  );
  await expect(teacherLogits(await predictions({ shape: [2, 5, 3] }), data, sizes)).rejects.toThrow(
    /tensor "logits" must be float32 \[exits, 3, 5\], got \[2,5,3\]$/,
  );
});

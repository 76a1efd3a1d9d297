import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  openArtifact,
  SafetensorsFile,
  writeArtifact,
  writeSafetensors,
} from "@sweetspot/artifact";

const folder = await mkdtemp(join(tmpdir(), "artifact-"));
const dir = join(folder, "model");

await writeArtifact(dir, { stage: "example", settings: { seed: 1 }, inputs: {} }, async (to) => {
  const weight = { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  await writeSafetensors(join(to, "model.safetensors"), { weight }, { floats: "F16" });
  await writeFile(join(to, "labels.json"), JSON.stringify(["bad", "good"]));
  return { labels: 2 }; // facts for the manifest
});

const artifact = await openArtifact(dir); // every file is there, with the bytes that were written
console.log(artifact.manifest.facts, Object.keys(artifact.manifest.files));

const file = await SafetensorsFile.open(artifact.path("model.safetensors"));
const { shape, data } = await file.read("weight", [2, 3]);
console.log(shape, data);
await file.close();

await writeFile(artifact.path("labels.json"), "[]");
await openArtifact(dir).catch((error: Error) => console.log(error.message));
await rm(folder, { recursive: true });

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFolder, openHub, parseReference, pinRevision, type Repository } from "@sweetspot/hub";

// A folder on disk, or a repository on the Hub: the code that reads its files does not need to know which.
async function open(text: string): Promise<Repository> {
  const source = parseReference(text);
  if ("folder" in source) return openFolder(source.folder);
  const revision = await pinRevision({ type: "model", ...source });
  return openHub({ type: "model", name: source.name, revision }, { log: console.log });
}

const folder = await mkdtemp(join(tmpdir(), "hub-"));
await mkdir(join(folder, "onnx"));
await writeFile(join(folder, "config.json"), JSON.stringify({ hidden_size: 4 }));
await writeFile(join(folder, "onnx/model.onnx"), "…");

const model = await open(folder); // or "sentence-transformers/all-MiniLM-L6-v2@main"
console.log(await model.files());
console.log(await readFile(await model.path("config.json"), "utf8"));
await model.path("model.onnx").catch((error: Error) => console.log(error.message));
console.log(parseReference("org/model@v1.0"));
await rm(folder, { recursive: true });

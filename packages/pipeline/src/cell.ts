import { readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { runStage } from "@sweetspot/artifact";
import { CodeDigester } from "./run/code-digest.ts";
import { begins, type CellFile } from "./run/run-folder.ts";
import { stages } from "./plan/stages.ts";

// The script of every cell: runs the stage named by `cell.json` in the current folder. It handles no
// signals: a signal ends it at once, and the next run resumes from the stage's checkpoint.
const folder = process.cwd();
const failure = join(folder, "failure.txt");
console.log(begins);
try {
  await rm(failure, { force: true });
  const cell = JSON.parse(await readFile("cell.json", "utf8")) as CellFile;
  const entry = stages[cell.stage];
  if (entry === undefined) throw new RangeError(`cell: no stage ${cell.stage}`);
  const planned = JSON.stringify(JSON.parse(await readFile("code.json", "utf8")));
  const code = await new CodeDigester(import.meta.filename).digest(entry.package);
  if (JSON.stringify(code) !== planned) {
    // Otherwise turbo would cache the result under the old code's hash.
    throw new Error(
      `cell: the code of ${entry.package} changed since this run began; run it again`,
    );
  }
  const root = resolve(folder, cell.root);
  process.chdir(root);
  const here = (path: string): string => relative(root, resolve(folder, path)) || ".";
  await runStage(await entry.load(), {
    settings: cell.settings,
    inputs: Object.fromEntries(
      Object.entries(cell.inputs).map(([name, path]) => [name, here(path)]),
    ),
    output: here("artifact"),
    code: planned,
    log: (line) => console.log(line),
  });
} catch (error) {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  console.log(message);
  await writeFile(failure, `${stack}\n`).catch(() => {});
  process.exitCode = 1;
}

// Reads damaged files, in a process of its own so that `fuzz.ts` can end it where it hangs:
//
//   tsx fuzz-child.ts WORK READER FIRST LAST
//
// Before each mutant it prints its number, and after one that goes wrong `NUMBER WHAT`; at the end, as
// JSON, how many were read and refused, and the slowest.
import { readFileSync } from "node:fs";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeReaders, mutantOf, sign } from "./readers.ts";
import { wrongWith } from "./wrong-with.ts";

const [work = "", name = "", first = "0", last = "0"] = process.argv.slice(2);
const reader = (await makeReaders(work)).find((r) => r.name === name);
if (reader === undefined) throw new RangeError(`fuzz: no reader ${name}`);
const bytes = new Map<string, Uint8Array>();
const whole = (path: string): Uint8Array => {
  const known = bytes.get(path) ?? readFileSync(path);
  bytes.set(path, known);
  return known;
};

// What is whole must be read, or the damage proves nothing.
let wholeSeeds = 0;
for (const { folder } of reader.seeds) {
  await reader.read(folder).then(
    () => wholeSeeds++,
    (error: unknown) => {
      if (reader.seeds.length === 1) throw error;
    },
  );
}
if (wholeSeeds === 0) throw new Error(`fuzz: ${name}: no whole file is read`);

const outcome = { read: 0, refused: 0, slowestMs: 0, memoryBytes: 0 };
const copies = new Map<string, string>();
for (let number = Number(first); number < Number(last); number++) {
  console.log(String(number));
  const { seed, file, bytes: damaged } = mutantOf(reader, number, whole);
  let folder = copies.get(seed.folder);
  if (folder === undefined) {
    folder = join(work, `mutant-${process.pid}`, String(copies.size));
    await mkdir(folder, { recursive: true });
    await cp(seed.folder, folder, { recursive: true });
    copies.set(seed.folder, folder);
  }
  const path = join(folder, file);
  await writeFile(path, damaged);
  if (reader.signed === true) await sign(folder, file, damaged);
  const begun = performance.now();
  const result = await reader.read(folder).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const ms = performance.now() - begun;
  outcome.slowestMs = Math.max(outcome.slowestMs, ms);
  outcome[result === undefined ? "read" : "refused"]++;
  const same = Buffer.compare(damaged, whole(join(seed.folder, file))) === 0;
  const wrong = wrongWith(result, { file, folder, ms, hashed: reader.hashed === true && !same });
  if (wrong !== undefined) console.log(`${number} ${file}: ${wrong.replaceAll("\n", " ")}`);
  for (const changed of reader.signed === true ? [file, "manifest.json"] : [file])
    await writeFile(join(folder, changed), whole(join(seed.folder, changed)));
}
outcome.memoryBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify(outcome));
await rm(join(work, `mutant-${process.pid}`), { recursive: true, force: true });

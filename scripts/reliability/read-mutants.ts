import { readFileSync } from "node:fs";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mutantOf, type Reader, sign } from "./readers.ts";
import { wrongWith } from "./wrong-with.ts";

/** The result of reading damaged files. */
export interface Outcome {
  read: number;
  refused: number;
  /** Milliseconds of processor time. */
  slowestMs: number;
}

/**
 * Lets a reader read its undamaged files, which must succeed, and then a range of damaged ones.
 *
 * @param work a folder for the copies; they are removed at the end
 * @param begin called before each mutant, with its number
 * @param fail called with `NUMBER FILE: WHAT` for each failure
 */
export async function readMutants(
  reader: Reader,
  { first, last, work }: { first: number; last: number; work: string },
  begin: (number: number) => void,
  fail: (line: string) => void,
): Promise<Outcome> {
  // Otherwise the damage proves nothing.
  const whole = await Promise.all(
    reader.seeds.map(({ folder }) =>
      reader.read(folder).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (!whole.includes(true)) fail(`${first} the whole files: none is read`);
  const bytes = new Map<string, Uint8Array>();
  const bytesOf = (path: string): Uint8Array => {
    const known = bytes.get(path) ?? readFileSync(path);
    bytes.set(path, known);
    return known;
  };
  const outcome: Outcome = { read: 0, refused: 0, slowestMs: 0 };
  const copies = new Map<string, string>();
  const here = join(work, `mutants-${process.pid}`);
  for (let number = first; number < last; number++) {
    begin(number);
    const { seed, file, bytes: damaged } = mutantOf(reader, number, bytesOf);
    const folder = copies.get(seed.folder) ?? join(here, String(copies.size));
    if (!copies.has(seed.folder)) {
      await mkdir(folder, { recursive: true });
      await cp(seed.folder, folder, { recursive: true });
      copies.set(seed.folder, folder);
    }
    await writeFile(join(folder, file), damaged);
    if (reader.signed === true) await sign(folder, file, damaged);
    // Processor time, so that a busy machine makes no reader slow.
    const begun = process.cpuUsage();
    const result = await reader.read(folder).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const { user, system } = process.cpuUsage(begun);
    const ms = (user + system) / 1000;
    outcome.slowestMs = Math.max(outcome.slowestMs, ms);
    outcome[result === undefined ? "read" : "refused"]++;
    const same = Buffer.compare(damaged, bytesOf(join(seed.folder, file))) === 0;
    const wrong = wrongWith(result, { file, folder, ms, hashed: reader.hashed === true && !same });
    if (wrong !== undefined) fail(`${number} ${file}: ${wrong.replaceAll("\n", " ")}`);
    for (const changed of reader.signed === true ? [file, "manifest.json"] : [file])
      await writeFile(join(folder, changed), bytesOf(join(seed.folder, changed)));
  }
  await rm(here, { recursive: true, force: true });
  return outcome;
}

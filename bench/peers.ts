import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";

const requirements = join(import.meta.dirname, "peers", "requirements.txt");
const venv = join(import.meta.dirname, "..", ".run", "peers");

/**
 * The Python that the peers run in: a virtual environment in `.run/peers` with the versions that
 * `peers/requirements.txt` pins, made by the first call (several gigabytes from PyPI).
 *
 * @throws Error if there is no `python3`, or the packages cannot be installed
 */
export async function peerPython(log: (line: string) => void): Promise<string> {
  const python = join(venv, "bin", "python");
  const done = join(venv, "requirements.txt");
  const wanted = await readFile(requirements, "utf8");
  if (existsSync(done) && (await readFile(done, "utf8")) === wanted) return python;
  log(`installing the peers into ${venv}: several gigabytes, some minutes`);
  await $({ quiet: true })`python3 -m venv ${venv}`;
  await $({ quiet: true })`${python} -m pip install --quiet -r ${requirements}`;
  await writeFile(done, wanted);
  return python;
}

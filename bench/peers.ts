import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";

/** The sets of packages that peers need: all of them, or ONNX Runtime without PyTorch. */
const sets = {
  peers: { requirements: "requirements.txt", size: "several gigabytes" },
  "peers-int8": { requirements: "int8-requirements.txt", size: "100 MB" },
} as const;

/**
 * The Python that the peers run in: a virtual environment in `.run` with the versions that the set's file in
 * `peers` pins, made by the first call from PyPI.
 *
 * @throws Error if there is no `python3`, or the packages cannot be installed
 */
export async function peerPython(
  log: (line: string) => void,
  set: keyof typeof sets = "peers",
): Promise<string> {
  const { requirements, size } = sets[set];
  const pins = join(import.meta.dirname, "peers", requirements);
  const venv = join(import.meta.dirname, "..", ".run", set);
  const python = join(venv, "bin", "python");
  const done = join(venv, "requirements.txt");
  const wanted = await readFile(pins, "utf8");
  if (existsSync(done) && (await readFile(done, "utf8")) === wanted) return python;
  log(`installing the peers into ${venv}: ${size}, some minutes`);
  await $({ quiet: true })`python3 -m venv ${venv}`;
  await $({ quiet: true })`${python} -m pip install --quiet -r ${pins}`;
  await writeFile(done, wanted);
  return python;
}

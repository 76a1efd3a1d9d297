// Installs @tensorflow/tfjs-node into node_modules, for the engine `eager` on the CPU. Its own install
// script downloads libtensorflow from a host that many networks cannot reach, so this script takes the
// library from PyPI's wheel of tensorflow-cpu and compiles the binding against it. A second call does
// nothing; after `npm ci`, which clears node_modules, it uses the files kept in .run/tfjs-node.
//
//   npm run setup:tfjs-node
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import * as util from "node:util";
import { $, ProcessOutput } from "zx";
import { help } from "./help.ts";

help(
  `npm run setup:tfjs-node\n\nInstalls @tensorflow/tfjs-node into node_modules, for the engine eager. The first call downloads 200 MB.`,
);

const version = "4.22.0";
const tensorflow = {
  version: "2.15.1",
  wheel: "tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
  sha256: "54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26",
};

const root = join(import.meta.dirname, "..");
const cache = join(root, ".run", "tfjs-node");
const library = join(cache, `tensorflow-${tensorflow.version}`);
const binding = join(cache, `binding-${version}-${process.versions.modules}.node`);
const installed = join(root, "node_modules", "@tensorflow", "tfjs-node");
const quiet = $({ cwd: root, quiet: true });

try {
  checkMachine();
  if (await works()) {
    console.log(`tfjs-node ${version} is already installed and works`);
  } else {
    await mkdir(cache, { recursive: true });
    await fetchLibrary();
    await installPackage();
    await linkLibrary();
    await buildBinding();
    if (!(await works()))
      throw new Error(`tfjs-node was built, but does not load; remove ${cache} and try again`);
    console.log(`tfjs-node ${version} works, on TensorFlow ${tensorflow.version}`);
  }
} catch (error) {
  const problem = error instanceof ProcessOutput ? error.stderr.trim() || error.message : error;
  console.error(`setup:tfjs-node: ${problem instanceof Error ? problem.message : problem}`);
  process.exitCode = 1;
}

/** @throws Error if this cannot work on the machine */
function checkMachine(): void {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error(
      `expected Linux on x64, got ${process.platform} on ${process.arch}; there \`npm install --no-save @tensorflow/tfjs-node@${version}\` fetches a library of its own`,
    );
  if (!("isNullOrUndefined" in util))
    throw new Error(`tfjs-node ${version} works in Node 22 and older, this is ${process.version}`);
}

/** Whether a matrix product has the right result, in a separate process. */
async function works(): Promise<boolean> {
  const source = `
    const tf = require("@tensorflow/tfjs-node");
    const a = tf.tensor2d([[1, 2], [3, 4]]);
    console.log(tf.getBackend(), tf.matMul(a, a).dataSync().join());`;
  const { stdout } = await quiet({ nothrow: true })`node -e ${source}`;
  return stdout.trim() === "tensorflow 7,10,15,22";
}

/** The library and its headers, out of the wheel. */
async function fetchLibrary(): Promise<void> {
  // Left behind by an interrupted call.
  for (const name of await readdir(cache))
    if (/^(download|unpack)-/.test(name)) await rm(join(cache, name), { recursive: true });
  if (existsSync(library)) return;
  await needs("python3", "with pip, to fetch from PyPI");
  const wheel = join(cache, tensorflow.wheel);
  if (!existsSync(wheel)) {
    console.log(`fetching tensorflow-cpu ${tensorflow.version} from PyPI (210 MB)`);
    const folder = await mkdtemp(join(cache, "download-"));
    const target = ["--python-version", "3.11", "--implementation", "cp"];
    const platform = ["--platform", "manylinux_2_17_x86_64", "--only-binary", ":all:"];
    await quiet`python3 -m pip download --quiet --no-deps ${target} ${platform} --dest ${folder} tensorflow-cpu==${tensorflow.version}`;
    await rename(join(folder, tensorflow.wheel), wheel);
    await rm(folder, { recursive: true });
  }
  const hash = createHash("sha256");
  await pipeline(createReadStream(wheel), hash);
  const sha256 = hash.digest("hex");
  if (sha256 !== tensorflow.sha256) {
    await rm(wheel);
    throw new Error(
      `${tensorflow.wheel}: expected sha256 ${tensorflow.sha256}, got ${sha256}; it was removed, try again`,
    );
  }
  console.log("unpacking the library");
  const folder = await mkdtemp(join(cache, "unpack-"));
  await quiet`python3 -m zipfile -e ${wheel} ${folder}`;
  const made = join(folder, "made");
  await mkdir(join(made, "lib"), { recursive: true });
  for (const name of ["tensorflow", "tensorflow_framework"]) {
    // In the wheel, this library contains the C interface.
    const file = name === "tensorflow" ? "libtensorflow_cc.so.2" : `lib${name}.so.2`;
    await rename(join(folder, "tensorflow", file), join(made, "lib", file));
    await symlink(file, join(made, "lib", `lib${name}.so`));
  }
  await rename(join(folder, "tensorflow", "include"), join(made, "include"));
  await rename(made, library);
  await rm(folder, { recursive: true });
  await rm(wheel);
}

async function installPackage(): Promise<void> {
  if (existsSync(join(installed, "package.json"))) return;
  console.log(`installing @tensorflow/tfjs-node ${version}`);
  // Neither package.json nor the lock file changes, and no install script runs.
  await quiet`npm install --no-save --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-node@${version}`;
}

async function linkLibrary(): Promise<void> {
  const deps = join(installed, "deps");
  await rm(deps, { recursive: true, force: true });
  await symlink(relative(dirname(deps), library), deps);
}

/** The binding for this Node, compiled once. */
async function buildBinding(): Promise<void> {
  if (!existsSync(binding)) {
    console.log("compiling the binding");
    await needs("make", "to compile the binding");
    await needs("g++", "to compile the binding");
    const headers = join(dirname(dirname(process.execPath)));
    if (!existsSync(join(headers, "include", "node", "node_api.h")))
      throw new Error(
        `expected Node's headers in ${join(headers, "include", "node")}, found none; install Node from nodejs.org's archive, or your distribution's headers`,
      );
    await quiet({
      cwd: installed,
      env: { ...process.env, npm_config_nodedir: headers },
    })`npx --no-install node-pre-gyp install --build-from-source`;
    const [folder = ""] = await readdir(join(installed, "lib"));
    const built = join(installed, "lib", folder, "tfjs_binding.node");
    await cp(built, `${binding}.partial`);
    await rename(`${binding}.partial`, binding);
    return;
  }
  const folder = join(installed, "lib", `napi-v${napiVersion()}`);
  await mkdir(folder, { recursive: true });
  await cp(binding, join(folder, "tfjs_binding.node"));
}

/** The newest Node-API version that both tfjs-node and this Node support. */
function napiVersion(): number {
  return Math.min(8, Number(process.versions["napi"]));
}

async function needs(command: string, why: string): Promise<void> {
  const { exitCode } = await quiet({ nothrow: true })`${command} --version`;
  if (exitCode !== 0) throw new Error(`expected the command ${command}, ${why}; install it`);
}

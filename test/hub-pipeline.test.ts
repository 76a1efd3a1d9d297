// The whole pipeline on an encoder and a data set from the Hub, with a small local server as the Hub.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type HubServer, startHubServer } from "@sweetspot/hub/testing";
import { type Project, realProject } from "./fixtures/pipeline/project.ts";

const model = "microsoft/deberta-v3-tiny";
const dataset = "nyu-mll/glue";

const token = "hf_thatMayWrite";

const yaml = `
title: DeBERTa v3 from the Hub
tasks:
  rte: { dataset: ${dataset}, config: rte }
encoders: [${model}]
methods: [early-exit, sweet, multi-model]
keep: [train.*.sweet.1]
exitLayers: [1, 2]
data: { trainSize: 160, maxLength: 32, calibrationSize: 40, thresholdSize: 40 }
train: { epochs: 1, learningRate: 1e-3 }
time: { examples: 8, rounds: 2 }
eval: { temperature: calibration }
`;

const run = promisify(execFile);

let hub: HubServer;
let project: Project;
let home: string;
const before = { ...process.env };
beforeAll(async () => {
  const fixtures = join(import.meta.dirname, "fixtures", "hub");
  const tokenizer = join(
    import.meta.dirname,
    "..",
    "packages/tokenizer/reference/encoders/deberta-v2",
  );
  hub = await startHubServer(
    [
      {
        type: "model",
        name: model,
        files: {
          ...(await filesIn(join(fixtures, "deberta-v3-tiny"))),
          "spm.model": await readFile(join(tokenizer, "spm.model")),
          "tokenizer_config.json": await readFile(join(tokenizer, "tokenizer_config.json")),
          "README.md": "# A tiny DeBERTa v3\n",
        },
      },
      { type: "dataset", name: dataset, files: await filesIn(join(fixtures, "glue")) },
    ],
    { token },
  );
  home = await mkdtemp(join(tmpdir(), "hub-pipeline-"));
  Object.assign(process.env, { HF_ENDPOINT: hub.endpoint, HF_HOME: home });
  delete process.env["HF_HUB_OFFLINE"];
  project = await realProject();
  await project.write("pipelines/hub/pipeline.yaml", yaml);
});
afterAll(async () => {
  process.env = before;
  await project.remove();
  await hub.close();
  await rm(home, { recursive: true, force: true });
});

/** A folder's files, by path relative to it. */
async function filesIn(folder: string): Promise<Record<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
  const pairs = files.map(
    async (file) => [file.slice(folder.length + 1), await readFile(file)] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}

it(
  "trains on files from the Hub, reports, and then runs offline",
  { timeout: 900_000 },
  async () => {
    const dry = await project.run("hub", "--dry");
    expect(dry.output).toMatch(/to run {2}train\.rte\.microsoft_deberta-v3-tiny\.sweet\.1 .* GB/);
    expect(dry.lines.at(-1)).toMatch(/^estimated: .* to download$/);
    // Planning downloads configurations but no weights.
    expect(hub.requests.filter((r) => r.url.includes("pytorch_model.bin"))).toEqual([]);

    const first = await project.run("hub");
    expect(first.output).toContain("18 cells: 18 run, 0 from the cache");
    expect(first.lines.at(-1)).toBe("report: runs/hub/report.html");
    expect(first.output).toMatch(
      /rte, microsoft\/deberta-v3-tiny \(n 60, always “entailment”: 50\.0\)/,
    );

    const manifest = JSON.parse(
      await project.read(
        ".run/hub/cells/train.rte.microsoft_deberta-v3-tiny.sweet.1/artifact/manifest.json",
      ),
    ) as { settings: { encoder: unknown } };
    expect(manifest.settings.encoder).toEqual({ hub: model, revision: hub.commitOf(model) });
    const bin = hub.requests.filter(
      (r) => r.method === "GET" && r.url.includes("pytorch_model.bin"),
    );
    // Four trainings share one download, which the Hub redirects to its store.
    expect(bin.length).toBeLessThanOrEqual(2);

    const requestsBefore = hub.requests.length;
    process.env["HF_HUB_OFFLINE"] = "1";
    const again = await project.run("hub");
    expect(again.output).toContain("18 cells: 0 run, 18 from the cache");
    expect(hub.requests).toHaveLength(requestsBefore);
  },
);

it(
  "pushes a finished classifier, and sends the token only to the Hub",
  { timeout: 600_000 },
  async () => {
    delete process.env["HF_HUB_OFFLINE"];
    const script = join(import.meta.dirname, "..", "scripts", "push.ts");
    const push = (...args: string[]) =>
      run(process.execPath, ["--import", "tsx", script, ...args], {
        cwd: project.dir,
        env: { ...process.env, HF_TOKEN: token },
      });
    const cell = "hub/rte.microsoft_deberta-v3-tiny.sweet.1";
    const { stdout } = await push(cell, "--to", "me/tiny-sweet");
    expect(stdout).toContain("onnx/model.onnx");
    expect(stdout.trim().split("\n").at(-1)).toContain(`${hub.endpoint}/me/tiny-sweet/commit/`);
    const files = hub.filesOf("me/tiny-sweet") ?? {};
    expect(Object.keys(files).sort()).toEqual(
      expect.arrayContaining([
        "README.md",
        "config.json",
        "model.safetensors",
        "onnx/model.onnx",
        "tokenizer.json",
      ]),
    );
    expect(Buffer.from(files["README.md"] ?? []).toString()).toContain(`base_model: "${model}"`);
    expect(stdout).not.toContain(token);
    const elsewhere = hub.requests.filter(
      (r) => r.host === "store" && r.authorization !== undefined,
    );
    expect(elsewhere).toEqual([]);
    await expect(push(cell)).rejects.toThrow(/--to/);
  },
);

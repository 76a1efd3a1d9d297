import { mkdtemp, mkdir, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { command } from "./command.ts";

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return { ...real, statfs: vi.fn<typeof real.statfs>(real.statfs) };
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "command-"));
});
afterEach(() => rm(root, { recursive: true }));

it("does not start a search if the disk has no room for it and the cells that follow", async () => {
  await mkdir(join(root, "pipelines/study"), { recursive: true });
  await writeFile(
    join(root, "pipelines/study/pipeline.yaml"),
    `tasks: [amazon]
encoders: [minilm]
methods: { sweet: {}, multi-model: { regimeOf: sweet } }
regimes: { one: {} }
exitLayers: [1, 6]
`,
  );
  const full = { ...(await statfs(root)), bavail: 100_000, bsize: 4096 };
  vi.mocked(statfs).mockResolvedValueOnce(full);
  const lines: string[] = [];
  const show = (line: string) => void lines.push(line);
  const stop = new AbortController().signal;
  expect(await command(["study"], { root, show, stop })).toBe(false);
  // SWEET's 90 MB and the cascade's 140 MB, each trained and exported.
  expect(lines).toEqual([
    expect.stringMatching(/^needs up to 0\.5 GB of disk, \.run\/ has 0\.4 GB free; free some /),
  ]);
  expect(await readdir(join(root, ".run/study"))).toEqual([]);
});

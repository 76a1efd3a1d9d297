// Unpacks the archives that bench/card packs for a machine with a graphics card and no network, in an
// environment without node and npm, and runs them on the CPU.
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
/** The tools that the archives need on the machine. */
const tools =
  "bash basename cat cp cut date dirname env grep head id ldconfig ls mkdir python3 rm sed seq sha256sum tar wc xz";

const reason = whyNot();
if (reason !== undefined) console.log(`bench/card is not tested here: ${reason}`);

function whyNot(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64")
    return `it needs Linux on x64, got ${process.platform} on ${process.arch}`;
  return where("xz") === undefined ? "it needs xz, found none" : undefined;
}

function where(tool: string): string | undefined {
  try {
    const found = execFileSync("bash", ["-c", 'PATH=$PATH:/usr/sbin:/sbin type -P "$0"', tool]);
    return found.toString().trim();
  } catch {
    return undefined;
  }
}

describe.skipIf(reason !== undefined)("bench/card", () => {
  let dir: string;
  let home: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "bench-card-"));
    home = join(dir, "home");
    await mkdir(join(dir, "bin"));
    await mkdir(home);
    for (const tool of tools.split(" ")) {
      const path = where(tool);
      if (path !== undefined) await symlink(path, join(dir, "bin", tool));
    }
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  /** Runs a line of bash as on the other machine: with only these tools, and another home folder. */
  function there(line: string): string {
    // SWEETSPOT_HOME keeps unpack.sh from installing what the machine lacks.
    const env = { PATH: join(dir, "bin"), HOME: home, SWEETSPOT_HOME: home };
    return execFileSync(join(dir, "bin", "bash"), ["-c", line], { env, encoding: "utf8" });
  }

  it("packs everything it needs: it unpacks and takes a step without node or npm", async () => {
    const packed = join(dir, "packed");
    execFileSync("bash", ["bench/card/pack.sh", "--base", "--fast"], {
      cwd: root,
      env: { ...process.env, GPU_FOLDER: packed },
      stdio: ["ignore", "ignore", "inherit"],
    });
    expect((await readdir(packed)).sort()).toEqual(["1", "again"]);
    expect(there("type -P node npm || true")).toBe("");
    expect(there(`bash ${packed}/1/unpack.sh`)).toMatch(/^unpack: v22\.\S+, [0-9a-f]{12}, /m);

    const card = ". ~/sweetspot/env.sh && cd ~/sweetspot && node bench/card/card.ts tiny 2 16 cpu";
    const result: unknown = JSON.parse(there(`${card} --digest 2`));
    const step = { model: "tiny", rows: 2, tokens: 16, device: "cpu", dropout: true };
    const loss: unknown = expect.closeTo(Math.log(2), 1);
    expect(result).toMatchObject({ ...step, masks: "host", losses: [[loss, loss]] });
    expect(result).toHaveProperty("digest", expect.stringMatching(/^[0-9a-f]{16}$/));

    const timed = there(`${card} --most 3 --seconds 0.1`);
    const micro = { micro: "a product", notMeasured: "60 took as long as 1" };
    await mkdir(join(home, "out"));
    await writeFile(join(home, "out/results.jsonl"), `${timed}${JSON.stringify(micro)}\n`);
    const table = there(". ~/sweetspot/env.sh && node ~/sweetspot/bench/card/table.ts ~/out");
    const lines = table.trim().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^tiny 2x16 +ours, cpu, masks: host +-?[\d.e-]+ /);
    expect(JSON.parse(lines[2] ?? "")).toEqual(micro);
  });
});

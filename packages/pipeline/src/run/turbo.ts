import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { packageFolder } from "./code-digest.ts";

/** How one cell ended, according to turbo. */
export interface CellOutcome {
  cell: string;
  /** The hash of the cell, under which turbo caches its result. */
  hash: string;
  /** Its result came, or would come, from the cache. */
  hit: boolean;
  /** Absent if it did not finish. */
  exitCode?: number | undefined;
}

export interface TurboCall {
  /** The nested turbo root. */
  dir: string;
  cacheDir: string;
  /** Run these cells and the cells that they read; by default all. */
  only?: readonly string[] | undefined;
  /** How many cells may run at once; by default one. */
  concurrency?: number;
}

/** A line that a cell printed, or turbo itself (`cell` absent). */
export interface TurboLine {
  cell?: string;
  text: string;
}

/** A running turbo. */
export interface TurboRun {
  pid: number | undefined;
  /** Asks turbo to end its tasks and itself at once. */
  stop(): void;
  /** @returns the outcomes in turbo's run summary; cells that never started are absent */
  done: Promise<{ exitCode: number; outcomes: CellOutcome[] }>;
}

const summarySchema = z.object({
  tasks: z.array(
    z.object({
      package: z.string(),
      hash: z.string().regex(/^[0-9a-f]+$/),
      cache: z.object({ status: z.enum(["HIT", "MISS"]) }),
      execution: z.object({ exitCode: z.number().optional() }).nullish(),
    }),
  ),
});
const lineSchema = z.object({ source: z.string(), text: z.string() });

/** Runs the cells of a nested root, and passes on each line as it is printed. */
export async function runTurbo(
  call: TurboCall,
  onLine: (line: TurboLine) => void,
): Promise<TurboRun> {
  const summaries = join(call.dir, ".turbo", "runs");
  await rm(summaries, { recursive: true, force: true });
  const child = await startTurbo(call, ["--summarize", "--json"]);
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => onLine(readLine(line)));
  const errors = createInterface({ input: child.stderr });
  errors.on("line", (text) => onLine({ text }));
  const exited = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  return {
    pid: child.pid,
    stop: () => stopTree(child),
    done: exited.then(async (exitCode) => {
      const [file] = await readdir(summaries).catch(() => []);
      if (file === undefined) return { exitCode, outcomes: [] };
      const path = join(summaries, file);
      return { exitCode, outcomes: outcomes(await readFile(path, "utf8"), path) };
    }),
  };
}

/** Ends turbo's launcher and everything that it started. */
function stopTree(child: ChildProcess): void {
  // turbo's launcher forwards SIGTERM and no other signal. On Windows a signal ends only the launcher.
  if (process.platform !== "win32") child.kill("SIGTERM");
  else spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], { stdio: "ignore" });
}

/** What `runTurbo` would find in the cache. Runs nothing. @throws Error if turbo fails */
export async function planTurbo(call: TurboCall): Promise<CellOutcome[]> {
  const child = await startTurbo(call, ["--dry-run=json"]);
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => out.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => err.push(text));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  if (exitCode !== 0) throw new Error(`turbo: exited with ${exitCode}: ${err.join("").trim()}`);
  return outcomes(out.join(""), "turbo run --dry-run=json");
}

async function startTurbo(
  { dir, cacheDir, only = [], concurrency = 1 }: TurboCall,
  more: readonly string[],
) {
  const folder = await packageFolder("turbo", dirname(import.meta.filename));
  const filters = only.map((cell) => `--filter=${cell}`);
  const command = [
    "run",
    "cell",
    "--skip-infer",
    `--concurrency=${concurrency}`,
    `--cache-dir=${cacheDir}`,
  ];
  const args = [join(folder, "bin", "turbo"), ...command, ...filters, ...more];
  // turbo and npm pass their settings to child processes in the environment. They are wrong for another
  // turbo and npm in another root.
  const inherited = Object.entries(process.env).filter(([key]) => !/^(turbo|npm)_/i.test(key));
  const env = {
    ...Object.fromEntries(inherited),
    TURBO_TELEMETRY_DISABLED: "1",
    TURBO_NO_UPDATE_NOTIFIER: "1",
    npm_config_loglevel: "silent",
    // Cells that run at once share the cores.
    ...(concurrency > 1 && {
      SWEETSPOT_THREADS: String(Math.max(1, Math.floor(availableParallelism() / concurrency))),
    }),
  };
  return spawn(process.execPath, args, { cwd: dir, env, stdio: ["ignore", "pipe", "pipe"] });
}

function readLine(line: string): TurboLine {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { text: line };
  }
  const read = lineSchema.safeParse(json);
  if (!read.success) return { text: line };
  const { source, text } = read.data;
  const cell = /^(.*)#cell$/.exec(source)?.[1];
  return cell === undefined ? { text } : { cell, text };
}

function summaryIn(text: string): z.infer<typeof summarySchema> | undefined {
  try {
    return summarySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * @param text turbo's run summary, or the output of its dry run
 * @param where the source of `text`, for errors
 * @throws Error if it is cut short, as on a full disk, or is something else
 */
function outcomes(text: string, where: string): CellOutcome[] {
  const summary = summaryIn(text);
  if (summary === undefined) {
    throw new Error(
      `${where}: expected turbo's summary as JSON, got ${text.length} characters of something else; is there space left on the disk? Free some, then run again`,
    );
  }
  const { tasks } = summary;
  return tasks.map(({ package: cell, hash, cache, execution }) => ({
    cell,
    hash,
    hit: cache.status === "HIT",
    exitCode: execution?.exitCode,
  }));
}

// Gives every reader damaged files and checks its promise: each is read, or refused within a second by an
// error that names the file. The same numbers give the same files.
//
//   npm run fuzz [-- READER...] [--mutants=10000] [--from=0]
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { argv } from "zx";
import { help } from "../help.ts";
import { writeFigures } from "./page.ts";
import type { Outcome } from "./read-mutants.ts";
import { makeReaders } from "./readers.ts";

/** The result for one reader. */
export interface FuzzRow extends Outcome {
  reader: string;
  mutants: number;
  memoryBytes: number;
  /** `NUMBER FILE: WHAT`: crashes, hangs, slow ones, messages without a file, damage read in silence. */
  failures: string[];
}

/** After this long without output the reader counts as hanging. */
const hangMs = 20_000;
/** A reader is stopped after this many failures. */
const mostFailures = 20;

/**
 * Runs the campaign.
 *
 * @param mutants how many for each reader
 * @param only the names of readers; by default all
 */
export async function fuzz(
  mutants: number,
  show: (line: string) => void,
  { only = [], from = 0 }: { only?: readonly string[]; from?: number } = {},
): Promise<FuzzRow[]> {
  const work = await mkdtemp(join(tmpdir(), "sweetspot-fuzz-"));
  try {
    const readers = (await makeReaders(work)).map((r) => r.name);
    const unknown = only.find((name) => !readers.includes(name));
    if (unknown !== undefined)
      throw new RangeError(`fuzz: no reader "${unknown}" (known: ${readers.join(", ")})`);
    const rows: FuzzRow[] = [];
    const waiting = readers.filter((name) => only.length === 0 || only.includes(name));
    const worker = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const row = await fuzzReader(name, from, mutants, work);
        rows.push(row);
        show(lineOf(row));
        for (const failure of row.failures) show(`  ${failure}`);
      }
    };
    await Promise.all([worker(), worker()]);
    return rows.sort((a, b) => readers.indexOf(a.reader) - readers.indexOf(b.reader));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function lineOf({ reader, mutants, read, refused, slowestMs, failures }: FuzzRow): string {
  return `${reader}: ${mutants} mutants, ${read} read, ${refused} refused, slowest ${slowestMs.toFixed(0)} ms, ${failures.length} failures`;
}

async function fuzzReader(
  reader: string,
  from: number,
  mutants: number,
  work: string,
): Promise<FuzzRow> {
  const row: FuzzRow = {
    reader,
    mutants,
    read: 0,
    refused: 0,
    slowestMs: 0,
    memoryBytes: 0,
    failures: [],
  };
  // If a process ends early, the next continues after the mutant that ended it.
  for (let next = from; next < from + mutants && row.failures.length < mostFailures;) {
    const last = from + mutants;
    const ended = await runChild([work, reader, String(next), String(last)], row.failures);
    row.read += ended.read;
    row.refused += ended.refused;
    row.slowestMs = Math.max(row.slowestMs, ended.slowestMs);
    row.memoryBytes = Math.max(row.memoryBytes, ended.memoryBytes);
    next = ended.next ?? last;
  }
  return row;
}

type Counts = Outcome & Pick<FuzzRow, "memoryBytes">;

/** @returns the counts and, if it ended early, the mutant to continue with */
async function runChild(
  args: readonly string[],
  failures: string[],
): Promise<Counts & { next?: number }> {
  const child = spawn(
    process.execPath,
    [
      "--max-old-space-size=1024",
      "--import",
      "tsx",
      join(import.meta.dirname, "fuzz-child.ts"),
      ...args,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const errors: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  let at: number | undefined;
  let begun = 0;
  let counts: Counts | undefined;
  let hangs = false;
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        hangs = true;
        child.kill("SIGKILL");
      },
      at === undefined ? 120_000 : hangMs,
    );
  };
  wait();
  const ended = new Promise<string>((resolve) =>
    child.once("close", (code, signal) => resolve(signal ?? `exit ${code}`)),
  );
  for await (const line of createInterface({ input: child.stdout })) {
    if (/^\d+$/.test(line)) {
      at = Number(line);
      begun++;
      wait();
    } else if (line.startsWith("{")) counts = JSON.parse(line) as Counts;
    else failures.push(line);
    if (failures.length >= mostFailures) child.kill("SIGKILL");
  }
  const how = await ended;
  clearTimeout(timer);
  if (counts !== undefined) return counts;
  if (at === undefined)
    throw new Error(`fuzz: ${args[1]}: did not begin: ${how} ${errors.join("")}`);
  if (failures.length < mostFailures)
    failures.push(
      `${at} ${hangs ? "hangs" : `ends the process: ${how} ${errors.join("").slice(-500)}`}`,
    );
  // Of the ended process's counts, only how many it began is known.
  return { read: 0, refused: begun, slowestMs: 0, memoryBytes: 0, next: at + 1 };
}

if (import.meta.filename === process.argv[1]) await main();

async function main(): Promise<void> {
  const options = ["--mutants", "--from"];
  help(
    `npm run fuzz [-- READER...] [--mutants=10000] [--from=0]\n\nGives every reader damaged files. With 10000 mutants or more it puts their figures into docs/reliability.md.`,
    options,
  );
  const { mutants = 10_000, from = 0, _: only } = argv;
  const rows = await fuzz(Number(mutants), (line) => console.log(line), {
    only: only.map(String),
    from: Number(from),
  });
  if (rows.some((row) => row.failures.length > 0)) process.exitCode = 1;
  if (Number(mutants) < 10_000) return;
  await writeFigures(
    "fuzz",
    ["reader", "files", "read", "refused", "slowest, ms", "memory, MB", "failures"],
    rows.map((row) => [
      row.reader,
      row.mutants,
      row.read,
      row.refused,
      Math.round(row.slowestMs),
      Math.round(row.memoryBytes / 1e6),
      row.failures.length,
    ]),
  );
}

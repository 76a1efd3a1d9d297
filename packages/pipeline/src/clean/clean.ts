import { didYouMean } from "@sweetspot/artifact";
import { aligned, duration, sizeOf } from "../plan/units.ts";
import { findLeftovers, type Leftover } from "./leftovers.ts";

/** Where the command runs, prints and asks. */
export interface CleanSurroundings {
  /** The project's folder, which contains `.run/`. */
  root: string;
  /** Prints one line. */
  show: (line: string) => void;
  /** Asks a question; undefined if nobody is there to answer. */
  ask: ((question: string) => Promise<string>) | undefined;
}

/** The lines of `--help`. */
const usage: readonly string[] = [
  "usage: clean [NAME...] [--older=DAYS] [--yes]",
  "  NAME          only of these pipelines; by default of all, and what turbo's cache no longer needs",
  "  --older=DAYS  only what has not been used for so long",
  "  --yes         delete it without asking",
  "Lists what can go from .run/ and what it would take to make it again. Results never go.",
];

/**
 * Lists what can go from `.run/` and deletes it on a yes.
 *
 * @returns whether everything that was to go is gone
 * @throws RangeError if an argument or a pipeline is unknown
 */
export async function clean(
  args: readonly string[],
  { root, show, ask }: CleanSurroundings,
): Promise<boolean> {
  if (args.includes("--help") || args.includes("-h")) {
    for (const line of usage) show(line);
    return true;
  }
  const { names, olderDays, yes } = readCleanArguments(args);
  const { found, names: known, notes } = await findLeftovers(root);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new RangeError(
      `clean: .run/ has no pipeline "${unknown}", ${didYouMean(unknown, known)}`,
    );
  const now = Date.now();
  const days = ({ usedMs }: Leftover) => (now - usedMs) / 86_400_000;
  const chosen = found
    .filter((l) => (names.length === 0 || names.includes(l.of)) && days(l) >= olderDays)
    .sort((a, b) => b.bytes - a.bytes);
  for (const note of notes) show(note);
  if (chosen.length === 0) {
    show("nothing to delete: .run/ holds results, and turbo's copies of them");
    return true;
  }
  const rows = chosen.map((l) => [
    l.of,
    l.what,
    `${days(l) < 1 ? "today" : `${Math.floor(days(l))} days ago`}`,
    sizeOf(l.bytes),
    l.seconds === undefined ? "?" : duration(l.seconds),
  ]);
  const head = ["of", "what", "last used", "size", "to make again"];
  for (const line of aligned([head, ...rows])) show(line);
  const all = sizeOf(chosen.reduce((sum, l) => sum + l.bytes, 0));
  const answer = yes ? "yes" : await ask?.(`delete ${all}? [y/N] `);
  if (!/^y(es)?$/i.test(answer?.trim() ?? "")) {
    show(`${all} in all; nothing deleted${ask === undefined ? ": add --yes" : ""}`);
    return true;
  }
  let freed = 0;
  let whole = true;
  for (const leftover of chosen) {
    try {
      await leftover.free();
      freed += leftover.bytes;
    } catch (error) {
      whole = false;
      show(`${leftover.of}: ${leftover.what}: ${(error as Error).message}`);
    }
  }
  show(`${sizeOf(freed)} deleted`);
  return whole;
}

function readCleanArguments(args: readonly string[]): {
  names: string[];
  olderDays: number;
  yes: boolean;
} {
  const names: string[] = [];
  let [olderDays, yes] = [0, false];
  for (const arg of args) {
    const days = /^--older=(\d+(?:\.\d+)?)$/.exec(arg)?.[1];
    if (days !== undefined) olderDays = Number(days);
    else if (arg === "--yes") yes = true;
    else if (!arg.startsWith("-")) names.push(arg);
    else throw new RangeError(`clean: expected [NAME...] [--older=DAYS] [--yes], got ${arg}`);
  }
  return { names, olderDays, yes };
}

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { $ } from "zx";
import { median, type Rounds, short } from "./interleave.ts";

const root = join(import.meta.dirname, "..");
const folder = join(import.meta.dirname, "results");

/** One line of the table. */
export interface Row {
  work: string;
  /** Medians over the rounds. */
  ours: number;
  peer: number;
  peerIs: string;
  unit: string;
  /** Ours divided by the peer's: the median over the rounds. */
  ratio: number;
  goal: number;
  goalIs: "atMost" | "atLeast";
  /** Each round's figures; a single round if they do not vary. */
  runs: Rounds;
}

/** `results/GROUP.json`. */
interface Results {
  machine: { cpu: string; cores: number; memoryGB: number };
  versions: Record<string, string>;
  rows: Row[];
}

/** Makes a row from its rounds. */
export function row(
  about: Pick<Row, "work" | "unit" | "goal" | "goalIs" | "peerIs">,
  runs: Rounds,
): Row {
  const ratios = runs.ours.map((x, i) => x / (runs.peer[i] ?? NaN));
  const { ours, peer } = runs;
  return { ...about, ours: median(ours), peer: median(peer), ratio: median(ratios), runs };
}

/** The versions of installed packages. */
export async function versionsOf(packages: readonly string[]): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const name of packages) {
    const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
    versions[name] = (JSON.parse(await readFile(file, "utf8")) as { version: string }).version;
  }
  return versions;
}

/** Writes one group's results. */
export async function writeResults(
  group: string,
  versions: Record<string, string>,
  rows: Row[],
): Promise<void> {
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 1e9),
  };
  const results: Results = { machine, versions, rows };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${group}.json`), `${JSON.stringify(results, undefined, 2)}\n`);
}

/** The table of all results, as Markdown. */
export async function table(): Promise<string> {
  const lines = [
    "| work | ours | peer | ratio (spread) | goal | |",
    "| --- | --- | --- | --- | --- | --- |",
  ];
  // Results from a card are in a subfolder.
  const files = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  for (const file of files.sort()) {
    const { rows } = JSON.parse(await readFile(join(folder, file), "utf8")) as Results;
    lines.push(...rows.map(line));
  }
  return lines.join("\n");
}

function line({ work, ours, peer, peerIs, unit, ratio, goal, goalIs, runs }: Row): string {
  const met = goalIs === "atMost" ? ratio <= goal : ratio >= goal;
  const ratios = runs.ours.map((x, i) => x / (runs.peer[i] ?? NaN)).sort((a, b) => a - b);
  const spread = ratios.length > 1 ? ` (${short(ratios[0])} to ${short(ratios.at(-1))})` : "";
  const cells = [
    work,
    `${short(ours)} ${unit}`,
    `${short(peer)} ${unit}, ${peerIs}`,
    `${short(ratio)}${spread}`,
    `${goalIs === "atMost" ? "≤" : "≥"} ${goal}`,
    met ? "met" : "not met",
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The table of the small networks, with how many times faster they are, as Markdown. */
async function smallNetworks(): Promise<string> {
  const text = await readFile(join(folder, "small-networks.json"), "utf8");
  const { rows, machine } = JSON.parse(text) as Results;
  return [
    "| network | tfjs, `cpu` backend | compiled | times faster |",
    "| --- | --- | --- | --- |",
    ...rows.map(
      ({ work, ours, peer, unit, ratio }) =>
        `| ${work} | ${short(peer)} ${unit} | ${short(ours)} ${unit} | ${short(1 / ratio)} |`,
    ),
    "",
    `On ${machine.cores} cores of ${machine.cpu}.`,
  ].join("\n");
}

/** Writes the tables into bench/README.md and packages/compile/README.md, between their markers. */
export async function updateReadme(): Promise<void> {
  const pages = ["bench/README.md", "packages/compile/README.md"] as const;
  await between(pages[0], "table", await table());
  await between(pages[1], "small-networks", await smallNetworks());
  await $({ cwd: root })`npx oxfmt ${pages}`;
}

async function between(readme: string, marker: string, text: string): Promise<void> {
  const file = join(root, readme);
  const updated = (await readFile(file, "utf8")).replace(
    new RegExp(`<!-- ${marker} -->[^]*?<!-- end -->`),
    () => `<!-- ${marker} -->\n\n${text}\n\n<!-- end -->`,
  );
  await writeFile(file, updated);
}

// Keeps the results of a machine with a card: npm run bench:card -- FOLDER... It reads the folders that
// measure.sh wrote, all from one card, writes bench/results/card/NAME.json, and updates the tables in
// bench/README.md. Without a folder it only updates the tables.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $, argv } from "zx";
import { help } from "../../scripts/help.ts";
import { withParts } from "../../scripts/markdown.ts";
import { short } from "../interleave.ts";
import { type OurStep, readMeasured, type TorchStep } from "./measured.ts";

help(
  `npm run bench:card [-- FOLDER... [--as=NAME] [--note=TEXT]]\n\nKeeps the results of measure.sh from one card as bench/results/card/NAME.json (card.json by default) and updates bench/README.md.\nTEXT goes above the table. Without a folder it only updates the tables.`,
  ["--as", "--note"],
);

/** `results/card/NAME.json`. A value that the logs lack is left out. */
interface Kept {
  note?: string;
  /** When the last measurement was made, in UTC. */
  measured?: string;
  /** With `-changed` if the checkout had uncommitted changes. */
  commit?: string;
  machine: { card?: string; driver?: string; cores?: number; cpu?: string };
  versions: { node?: string; onnxruntime?: string; torch?: string };
  ours: OurStep[];
  pytorch: TorchStep[];
}

/** Ratios to PyTorch's eager step with TF32. */
const goals = { step: 1.5, whole: 1.2 };
const maskWords = { host: "masks on the host", graph: "masks in the graph", none: "no dropout" };
const root = join(import.meta.dirname, "../..");
const results = join(root, "bench/results/card");

const folders = argv._.map(String);
if (folders.length > 0) {
  const text = (name: string) => (argv[name] === undefined ? undefined : String(argv[name]));
  const kept = keep(folders, text("note"));
  const name = text("as") ?? "card";
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new RangeError(`card: --as: expected letters, digits and dashes, got "${name}"`);
  await mkdir(results, { recursive: true });
  const file = join(results, `${name}.json`);
  await writeFile(file, `${JSON.stringify(kept, undefined, 2)}\n`);
}
await updateReadme();

/** @throws RangeError if a folder has no log; Error if they come from more than one card or commit */
function keep(folders: readonly string[], note: string | undefined): Kept {
  const all = folders.map(readMeasured);
  const empty = folders.find((_, i) => all[i]?.log === "");
  if (empty !== undefined) throw new RangeError(`card: ${empty} has no log.txt from measure.sh`);
  const [torchVersion] = all.flatMap((m) => m.torchVersion ?? []);
  const one = (what: string, pattern: RegExp): string | undefined => {
    const found = new Set(all.flatMap((m) => [...m.log.matchAll(pattern)].map(([, x]) => x)));
    if (found.size > 1)
      throw new Error(`card: expected folders from one ${what}, got ${[...found].join(" and ")}`);
    return [...found][0];
  };
  const cores = one("number of cores", /^(\d+) cores, /gm);
  return defined({
    note,
    measured: all
      .flatMap((m) => [...m.log.matchAll(/^Measured at (\S+)$/gm)].map(([, x]) => x))
      .toSorted()
      .at(-1),
    commit: one("commit", /^Node v\S+, commit (\S+)$/gm),
    machine: defined({
      card: one("card", /^([^,\n]+), [\d.]+, \d+ MiB, /gm),
      driver: one("driver", /^[^,\n]+, ([\d.]+), \d+ MiB, /gm),
      cores: cores === undefined ? undefined : Number(cores),
      cpu: one("CPU", /^\d+ cores, (.+), [^,\n]+$/gm),
    }),
    versions: defined({
      node: one("Node", /^Node (v[\d.]+)/gm),
      onnxruntime: one("ONNX Runtime", /^(?:Node \S+, )?ONNX Runtime ([\d.]+)$/gm),
      torch: torchVersion,
    }),
    ours: all.flatMap((m) => m.ours),
    pytorch: all.flatMap((m) => m.torch),
  });
}

/** An object without the properties that are undefined. */
function defined<T extends object>(o: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(o).filter(([, x]) => x !== undefined)) as never;
}

async function updateReadme(): Promise<void> {
  const names = (await readdir(results)).filter((name) => name.endsWith(".json"));
  const all = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(results, name), "utf8")) as Kept),
  );
  // Newest first; results without a time last.
  all.sort((a, b) => (b.measured ?? "").localeCompare(a.measured ?? ""));
  const page = join(root, "bench/README.md");
  const parts = { card: `\n${all.map(section).join("\n\n")}` };
  await writeFile(page, withParts(await readFile(page, "utf8"), parts));
  await $({ cwd: root })`npx oxfmt bench/README.md`;
}

function section(kept: Kept): string {
  const { note, measured, commit = "unknown", machine, versions } = kept;
  const about = [
    machine.card ?? "an unknown card",
    ...(machine.driver === undefined ? [] : [`driver ${machine.driver}`]),
    ...(machine.cpu === undefined ? [] : [`${machine.cores} cores of ${machine.cpu}`]),
    `ONNX Runtime ${versions.onnxruntime ?? "unknown"}`,
    `PyTorch ${versions.torch ?? "not measured"}`,
    `commit ${commit.slice(0, 7)}${commit.slice(40)}`,
    ...(measured === undefined ? [] : [measured.slice(0, 10)]),
  ];
  return [...(note === undefined ? [] : [note]), `${about.join(", ")}:`, rowsOf(kept)].join("\n\n");
}

function rowsOf({ ours, pytorch }: Kept): string {
  const asTrained = ours.some((r) => r.masks === "graph") ? "graph" : "host";
  const rows = [
    ...ours.map((r) => {
      const peer = pytorch.find((t) => sizeOf(t) === sizeOf(r) && isPeer(t))?.stepMs;
      const judged = r.device === "cuda" && r.precision === "tf32" && r.masks === asTrained;
      const over = (ms: number, goal: number) => {
        if (peer === undefined || r.device === "cpu") return "";
        const met = ms / peer <= goal ? "met" : "not met";
        return `${short(ms / peer)}${judged ? `, ${met}` : ""}`;
      };
      return [
        sizeOf(r),
        `ours, ${r.device}, ${r.precision}, ${maskWords[r.masks]}`,
        ms(r.stepMs),
        over(r.stepMs, goals.step),
        `${ms(r.wholeMs)}, ${r.steps} steps`,
        over(r.wholeMs, goals.whole),
        r.perRunMs > 0 ? ms(r.perRunMs) : "below noise",
        r.MiB ?? "",
      ];
    }),
    ...pytorch.map((t) => {
      const peer = pytorch.find((other) => sizeOf(other) === sizeOf(t) && isPeer(other));
      const way = t.compile === "none" ? "eager" : `torch.compile, ${t.compile}`;
      const ratio = peer === undefined ? "" : short(t.stepMs / peer.stepMs);
      return [
        sizeOf(t),
        `PyTorch, ${t.precision}, ${way}`,
        ms(t.stepMs),
        ratio,
        "",
        "",
        "",
        t.MiB ?? "",
      ];
    }),
  ];
  const sorted = rows.toSorted((a, b) => String(a[0]).localeCompare(String(b[0])));
  const head = [
    "work",
    "how",
    "one step",
    `ratio, goal ≤ ${goals.step}`,
    "whole",
    `ratio, goal ≤ ${goals.whole}`,
    "per run",
    "MiB",
  ];
  const rule = head.map((_, i) => (i < 2 ? "---" : "--:"));
  return [head, rule, ...sorted].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Whether ratios are to this step. */
function isPeer({ precision, compile }: TorchStep): boolean {
  return precision === "tf32" && compile === "none";
}

function sizeOf({ model, rows, tokens }: { model: string; rows: number; tokens: number }): string {
  return `${model}, ${rows} x ${tokens}`;
}

function ms(x: number): string {
  return `${short(x)} ms`;
}

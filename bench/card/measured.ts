import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseJson } from "@sweetspot/artifact";
import { z } from "zod";

const number = z.number().nullish();
const stepLine = z.object({
  model: z.string(),
  rows: z.number(),
  tokens: z.number(),
  device: z.string(),
  dropout: z.boolean(),
  masks: z.enum(["host", "graph"]).optional(),
  flags: z.string().optional(),
  tf32: z.string(),
  steps: z.number(),
  stepMs: z.number(),
  perRunMs: z.number(),
  inputsMs: z.number(),
  wholeMs: z.number(),
  openMs: z.number(),
  tflops: z.number(),
  gpuMiB: number,
  // An earlier name of `MiB`.
  gpuBytes: z.string().nullish(),
});
const torchLine = z.object({
  model: z.string(),
  rows: z.number(),
  tokens: z.number(),
  precision: z.string(),
  compile: z.string(),
  stepMs: z.number(),
  gpuBytes: number,
  torch: z.string(),
});
const failure = z.object({ error: z.string() });
const notMeasured = z.object({ notMeasured: z.string() });

/** Our step at one size. Times are milliseconds; all but `perRunMs` and `openMs` are of one step. */
export interface OurStep {
  model: string;
  rows: number;
  tokens: number;
  device: string;
  precision: "tf32" | "fp32";
  /** Where dropout masks are made; `none` without dropout. */
  masks: "host" | "graph" | "none";
  stepMs: number;
  /** The time of a run beyond its steps: copying the state in and out. */
  perRunMs: number;
  inputsMs: number;
  /** The time of a run of `steps`, with making its inputs, divided by its steps. */
  wholeMs: number;
  steps: number;
  /** The time until the first run can begin. */
  openMs: number;
  /** The rate of matrix products over `stepMs`. */
  tflops: number;
  /** The card's memory in use at the end. */
  MiB?: number;
}

/** PyTorch's step at one size, run in one way. */
export interface TorchStep {
  model: string;
  rows: number;
  tokens: number;
  precision: string;
  /** `torch.compile`'s mode, or `none`. */
  compile: string;
  stepMs: number;
  /** PyTorch's peak of allocated memory. */
  MiB?: number;
}

/** The contents of a folder that `measure.sh` wrote. */
export interface Measured {
  ours: OurStep[];
  torch: TorchStep[];
  torchVersion?: string;
  /** Lines that say what failed or could not be measured. */
  failures: string[];
  log: string;
}

/** Reads a folder of `measure.sh`; missing parts are empty. */
export function readMeasured(folder: string): Measured {
  const linesFile = join(folder, "results.jsonl");
  const lines = textOf(linesFile)
    .split("\n")
    .flatMap((line, i) => (line === "" ? [] : [parseJson(line, `${linesFile}, line ${i + 1}`)]));
  const torchFile = join(folder, "torch.json");
  const torchText = textOf(torchFile) || "[]";
  const torch = parse(z.array(z.unknown()), parseJson(torchText, torchFile), torchFile);
  const torchLines = torch.flatMap((line) => torchLine.safeParse(line).data ?? []);
  const [{ torch: torchVersion } = {}] = torchLines;
  return {
    ours: lines.flatMap((line) => stepLine.safeParse(line).data ?? []).flatMap(ourStep),
    torch: torchLines.map(torchStep),
    ...(torchVersion === undefined ? {} : { torchVersion }),
    failures: [...lines, ...torch]
      .filter((line) => failure.safeParse(line).success || notMeasured.safeParse(line).success)
      .map((line) => JSON.stringify(line)),
    log: textOf(join(folder, "log.txt")),
  };
}

/** A row of the results; undefined for a trial with flags that card.ts lacks. */
function ourStep(line: z.infer<typeof stepLine>): OurStep[] {
  const { flags = "--host-masks", dropout, tf32, gpuMiB, gpuBytes, masks, ...rest } = line;
  const names: readonly string[] = flags.match(/--[\w-]+/g) ?? [];
  const known = ["--host-masks", "--no-dropout", "--most", "--seconds"];
  if (names.some((name) => !known.includes(name))) return [];
  // A line without `masks` shows by its flags where masks were made.
  const onHost = rest.device === "cpu" || names.includes("--host-masks");
  const MiB = gpuMiB ?? (gpuBytes == null ? undefined : Number(gpuBytes));
  return [
    {
      ...rest,
      precision: rest.device === "cuda" && tf32 !== "0" ? "tf32" : "fp32",
      masks: dropout ? (masks ?? (onHost ? "host" : "graph")) : "none",
      ...(MiB === undefined ? {} : { MiB }),
    },
  ];
}

function torchStep(line: z.infer<typeof torchLine>): TorchStep {
  const { model, rows, tokens, precision, compile, stepMs, gpuBytes } = line;
  const step = { model, rows, tokens, precision, compile, stepMs };
  return gpuBytes == null ? step : { ...step, MiB: Math.round(gpuBytes / 2 ** 20) };
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

import { mkdir, rm } from "node:fs/promises";
import type { z } from "zod";
import { diskError } from "./folder/disk-error.ts";
import type { Estimate, EstimateContext } from "./estimate.ts";
import { type Artifact, openArtifact, writeArtifact } from "./folder/folder.ts";
import type { Json } from "./folder/manifest.ts";
import { sha256 } from "./folder/hash.ts";
import { parse } from "./parse.ts";

/** What a stage works with. */
export interface StageContext<Settings> {
  settings: Settings;
  /** Opened and checked, by the names in `Stage.reads`. */
  inputs: Readonly<Record<string, Artifact>>;
  /** An empty folder to fill; it becomes the artefact when `run` returns. */
  output: string;
  /**
   * A folder that outlives a crash and is removed once the artefact is whole: what a resume needs.
   * Whoever resumes from it must check that it belongs to the same settings and inputs (`cellSha256`).
   */
  scratch: string;
  /** Changes when the settings, any input's content or the stage's code change. */
  cellSha256: string;
  /** Shows one whole line to the person who waits. */
  log(line: string): void;
}

/** A setting that keeps to the schema and that yet cannot be. */
export interface SettingProblem {
  setting: string;
  message: string;
}

/** One step of the pipeline: a package exports it from `./stage`. */
export interface Stage<Settings> {
  name: string;
  settings: z.ZodType<Settings>;
  /** The names of the inputs; `"any"` for a stage that reads however many it is given. */
  reads: readonly string[] | "any";
  /** Inputs that it reads where it is given them. */
  mayRead?: readonly string[];
  /** Those of `mayRead` that a cell with these settings cannot do without; told at planning. */
  wants?(settings: Settings): readonly string[];
  /**
   * Looks at what the schema cannot see, such as whether a name is known. It is called for every cell
   * before the first is run, so it is quick and writes nothing, and loads a runtime only to look for a device other than the CPU.
   */
  check?(settings: Settings): Promise<SettingProblem | undefined>;
  /**
   * What a cell will ask for: of no effect on the result. It may read files that are there, and ask the
   * Hub for sizes, and fetches nothing but a configuration.
   */
  estimate?(context: EstimateContext<Settings>): Promise<Estimate>;
  /** How many of the estimate's operations this machine does in a second, measured. Takes seconds. */
  measureRate?(settings: Settings): Promise<number>;
  /** Fills `context.output` and returns the manifest's facts. */
  run(context: StageContext<Settings>): Promise<Record<string, Json>>;
}

/** Where a stage is run: its settings as yet unchecked, its inputs as folders. */
export interface StageCall {
  settings: unknown;
  /** Input name -> artefact folder. */
  inputs: Readonly<Record<string, string>>;
  /** The artefact folder to write. */
  output: string;
  /** What the stage's code is known by: what another code left half done is not gone on with. */
  code?: string;
  /** Told one whole line at a time. */
  log?: (line: string) => void;
}

/**
 * Runs one stage: checks its settings, opens and verifies its inputs, and writes its artefact whole
 * or not at all. What it left in its scratch folder stays if it fails.
 *
 * @throws TypeError if a setting breaks the schema; RangeError if the stage's own check finds one that
 *   cannot be, or an input is missing or not asked for
 */
export async function runStage<Settings>(
  stage: Stage<Settings>,
  call: StageCall,
): Promise<Artifact> {
  const settings = parse(stage.settings, call.settings, `stage ${stage.name}`);
  const problem = await stage.check?.(settings);
  if (problem !== undefined) {
    throw new RangeError(`stage ${stage.name}: ${problem.setting}: ${problem.message}`);
  }
  const names = Object.keys(call.inputs).sort();
  const { reads, mayRead = [] } = stage;
  const needed = names.filter((name) => !mayRead.includes(name));
  if (reads !== "any" && [...reads].sort().join() !== needed.join()) {
    throw new RangeError(
      `stage ${stage.name}: expected the inputs ${reads.join(", ") || "(none)"}${mayRead.length > 0 ? `, and perhaps ${mayRead.join(", ")}` : ""}, got ${names.join(", ") || "(none)"}`,
    );
  }
  const inputs: Record<string, Artifact> = {};
  for (const name of names) inputs[name] = await openArtifact(call.inputs[name] ?? "");
  const about = {
    stage: stage.name,
    settings: JSON.parse(JSON.stringify(settings)) as Json,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.sha256])),
  };
  const scratch = `${call.output}.scratch`;
  await mkdir(scratch, { recursive: true }).catch((cause: unknown) => {
    throw diskError(`cannot write ${scratch}`, cause);
  });
  const artifact = await writeArtifact(call.output, about, (output) =>
    stage.run({
      settings,
      inputs,
      output,
      scratch,
      cellSha256: sha256(JSON.stringify([about, call.code ?? ""])),
      log: call.log ?? (() => {}),
    }),
  );
  await rm(scratch, { recursive: true, force: true });
  return artifact;
}

/** What a function throws, as the problem of a setting. */
export async function settingProblem(
  setting: string,
  look: () => unknown,
): Promise<SettingProblem | undefined> {
  try {
    await look();
    return undefined;
  } catch (error) {
    return { setting, message: error instanceof Error ? error.message : String(error) };
  }
}

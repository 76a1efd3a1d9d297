import { mkdir, rm } from "node:fs/promises";
import type { z } from "zod";
import { diskError } from "./folder/disk-error.ts";
import type { Estimate, EstimateContext } from "./estimate.ts";
import { type Artifact, openArtifact, weightsGone, writeArtifact } from "./folder/folder.ts";
import type { Json } from "./folder/manifest.ts";
import { sha256 } from "./folder/hash.ts";
import { parse } from "./parse.ts";

/** What a stage's `run` is given. */
export interface StageContext<Settings> {
  settings: Settings;
  /** Opened and checked, by the names in `Stage.reads`. */
  inputs: Readonly<Record<string, Artifact>>;
  /** An empty folder to fill; it becomes the artifact when `run` returns. */
  output: string;
  /**
   * A folder for resuming: it survives a crash and is removed once the artifact is whole. Before you
   * resume from it, check that it belongs to the same settings and inputs (`cellSha256`).
   */
  scratch: string;
  /** Changes when the settings, any input's content or the stage's code change. */
  cellSha256: string;
  /** Shows one whole line to the user. */
  log(line: string): void;
}

/** A setting that passes the schema but is still invalid. */
export interface SettingProblem {
  setting: string;
  message: string;
}

/** One step of the pipeline: a package exports it from `./stage`. */
export interface Stage<Settings> {
  name: string;
  settings: z.ZodType<Settings>;
  /** The names of the inputs; `"any"` for a stage that takes any number of them. */
  reads: readonly string[] | "any";
  /** Optional inputs. */
  mayRead?: readonly string[];
  /** Those of `mayRead` that a cell with these settings requires; checked at planning. */
  wants?(settings: Settings): readonly string[];
  /**
   * The files of its artifact that hold weights, where `*` stands for any part of one name. A pipeline
   * deletes them once every cell that reads them has run.
   */
  weights?: readonly string[];
  /** Those of `reads` whose weights it reads. */
  readsWeightsOf?: readonly string[];
  /**
   * Checks what the schema cannot, such as whether a name is known. It is called for every cell before
   * the first runs, so it is quick, writes nothing, and loads a runtime only to look for a device other
   * than the CPU.
   */
  check?(settings: Settings): Promise<SettingProblem | undefined>;
  /**
   * Estimates what a cell needs; the result does not depend on it. It may read local files and ask the
   * Hub for sizes, but fetches nothing except a configuration.
   */
  estimate?(context: EstimateContext<Settings>): Promise<Estimate>;
  /** Measures how many of the estimate's operations this machine does per second. Takes seconds. */
  measureRate?(settings: Settings): Promise<number>;
  /** Fills `context.output` and returns the manifest's facts. */
  run(context: StageContext<Settings>): Promise<Record<string, Json>>;
}

/** How a stage is called: settings not checked yet, inputs as folders. */
export interface StageCall {
  settings: unknown;
  /** Input name -> artifact folder. */
  inputs: Readonly<Record<string, string>>;
  /** The artifact folder to write. */
  output: string;
  /** Identifies the stage's code: a scratch folder left by different code is not resumed. */
  code?: string;
  /** Called with one whole line at a time. */
  log?: (line: string) => void;
}

/**
 * Runs one stage: checks its settings, opens and verifies its inputs, and writes its artifact whole
 * or not at all. If it fails, its scratch folder stays.
 *
 * @throws TypeError if a setting breaks the schema; RangeError if the stage's own check finds an invalid
 *   one, or an input is missing or unexpected; Error if an input's weights are needed and gone
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
      `stage ${stage.name}: expected the inputs ${reads.join(", ") || "(none)"}${mayRead.length > 0 ? `, optionally ${mayRead.join(", ")}` : ""}, got ${names.join(", ") || "(none)"}`,
    );
  }
  const inputs: Record<string, Artifact> = {};
  for (const name of names) {
    const input = await openArtifact(call.inputs[name] ?? "");
    const [gone] = stage.readsWeightsOf?.includes(name) === true ? input.missing : [];
    if (gone !== undefined) throw weightsGone(input.dir, gone);
    inputs[name] = input;
  }
  const about = {
    stage: stage.name,
    settings: JSON.parse(JSON.stringify(settings)) as Json,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.sha256])),
  };
  const scratch = `${call.output}.scratch`;
  await mkdir(scratch, { recursive: true }).catch((cause: unknown) => {
    throw diskError(`cannot write ${scratch}`, cause);
  });
  const run = (output: string): Promise<Record<string, Json>> =>
    stage.run({
      settings,
      inputs,
      output,
      scratch,
      cellSha256: sha256(JSON.stringify([about, call.code ?? ""])),
      log: call.log ?? (() => {}),
    });
  const artifact = await writeArtifact(call.output, about, run, stage.weights);
  await rm(scratch, { recursive: true, force: true });
  return artifact;
}

/** Runs `look` and returns what it throws as a problem with `setting`. */
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

import type { PipelineFile } from "../file/pipeline-file.ts";

/** One training of a pipeline and all that follows from it. */
export interface Run {
  task: string;
  encoder: string;
  method: string;
  /** Absent in a pipeline without regimes. */
  regime?: string;
  seed: number;
  /** Whether it is one of those that a regime is chosen by. */
  search: boolean;
  /** Whether it is of the regime that was chosen for its method, or there are none to choose from. */
  chosen: boolean;
}

/** What was chosen of the regimes, by `choiceKey`. */
export type Choices = ReadonlyMap<string, string>;

/** An encoder and a method, for which one regime is chosen. */
export function choiceKey(encoder: string, method: string): string {
  return JSON.stringify([encoder, method]);
}

/**
 * Every run of a pipeline file. With regimes: each method that searches, under each regime, with the
 * seeds of the search, on each task but the controls; and each method under the regime chosen for it,
 * or for the method whose choice it shares, with its own seeds, as far as the choices are known.
 */
export function runsOf(file: PipelineFile, choices: Choices): Run[] {
  const regimes = Object.keys(file.regimes);
  const runs: Run[] = [];
  for (const task of Object.keys(file.tasks)) {
    const hasSay = !file.controls.includes(task);
    for (const encoder of Object.keys(file.encoders)) {
      for (const [method, { seeds, regimeOf }] of Object.entries(file.methods)) {
        const at = { task, encoder, method };
        if (regimes.length === 0) {
          runs.push(...seeds.map((seed) => ({ ...at, seed, search: false, chosen: true })));
          continue;
        }
        const choice = choices.get(choiceKey(encoder, regimeOf ?? method));
        for (const regime of regimes) {
          const searched = regimeOf === undefined && hasSay ? file.searchSeeds : [];
          const final = regime === choice ? seeds : [];
          for (const seed of new Set([...searched, ...final])) {
            const [search, chosen] = [searched.includes(seed), final.includes(seed)];
            runs.push({ ...at, regime, seed, search, chosen });
          }
        }
      }
    }
  }
  return runs;
}

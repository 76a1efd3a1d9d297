import type { PipelineFile } from "../file/pipeline-file.ts";

/** One training of a pipeline and everything that follows from it. */
export interface Run {
  task: string;
  encoder: string;
  method: string;
  /** Absent in a pipeline without regimes. */
  regime?: string;
  seed: number;
  /** Whether the search uses it to choose a regime. */
  search: boolean;
  /** Whether it uses the regime chosen for its method; true if there are no regimes. */
  chosen: boolean;
}

/** The chosen regimes, by `choiceKey`. */
export type Choices = ReadonlyMap<string, string>;

/** The key of a choice: one regime is chosen for each encoder and method. */
export function choiceKey(encoder: string, method: string): string {
  return JSON.stringify([encoder, method]);
}

/**
 * Every run of a pipeline file. With regimes, the search runs each method that has no `regimeOf` under
 * every regime, with the search's seeds, on every task but the controls. Then each method runs with its own
 * seeds under the regime chosen for it, or for the method in its `regimeOf`, if that choice is known.
 */
export function runsOf(file: PipelineFile, choices: Choices): Run[] {
  const regimes = Object.keys(file.regimes);
  const runs: Run[] = [];
  for (const task of Object.keys(file.tasks)) {
    const isSearched = !file.controls.includes(task);
    for (const encoder of Object.keys(file.encoders)) {
      for (const [method, { seeds, regimeOf }] of Object.entries(file.methods)) {
        const at = { task, encoder, method };
        if (regimes.length === 0) {
          runs.push(...seeds.map((seed) => ({ ...at, seed, search: false, chosen: true })));
          continue;
        }
        const choice = choices.get(choiceKey(encoder, regimeOf ?? method));
        for (const regime of regimes) {
          const searched = regimeOf === undefined && isSearched ? file.searchSeeds : [];
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

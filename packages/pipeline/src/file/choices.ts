import { parse, readManifest } from "@sweetspot/artifact";
import { z } from "zod";
import type { Cell } from "../plan/plan.ts";
import { type Choices, choiceKey } from "../plan/runs.ts";

const place = z.looseObject({ encoder: z.string(), method: z.string() });

/**
 * What the search chose, out of the artefacts of its cells.
 *
 * @param artifact where a cell's artefact lies
 * @returns nothing if one of them is not there, or chose among other cells. That they are of this plan,
 *   turbo must know: their settings name the regimes, and do not hold them.
 * @throws RangeError if one does not say what it chose
 */
export async function readChoices(
  cells: readonly Cell[],
  artifact: (cell: string) => string,
): Promise<Choices | undefined> {
  const choices = new Map<string, string>();
  for (const { id, settings } of cells.filter((c) => c.stage === "choose")) {
    const manifest = await readManifest(artifact(id)).catch(() => undefined);
    if (JSON.stringify(manifest?.settings) !== JSON.stringify(settings)) return undefined;
    const chosen = manifest?.facts["chosen"];
    if (typeof chosen !== "string")
      throw new RangeError(`${artifact(id)}: expected a chosen regime; run the stage choose again`);
    const { encoder, method } = parse(place, settings, id);
    choices.set(choiceKey(encoder, method), chosen);
  }
  return choices;
}

/** Every method under one regime: for a dry run of a search that was not made yet. */
export function assumedChoices(cells: readonly Cell[], regime: string): Choices {
  return new Map(
    cells
      .filter((c) => c.stage === "choose")
      .map(({ id, settings }) => {
        const { encoder, method } = parse(place, settings, id);
        return [choiceKey(encoder, method), regime];
      }),
  );
}

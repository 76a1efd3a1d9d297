import { parse, readManifest } from "@sweetspot/artifact";
import { z } from "zod";
import type { Cell } from "../plan/plan.ts";
import { type Choices, choiceKey } from "../plan/runs.ts";

const place = z.looseObject({ encoder: z.string(), method: z.string() });

/**
 * The regimes that the search chose, read from its cells' artifacts.
 *
 * @param artifact returns the path of a cell's artifact
 * @returns undefined if an artifact is missing or has other settings. The settings name the regimes but do
 *   not contain them, so only turbo knows whether an artifact belongs to this plan.
 * @throws RangeError if an artifact does not record its choice
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

/** The same regime for every method, for planning before the search has run. */
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

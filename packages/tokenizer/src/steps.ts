import { parse } from "@sweetspot/artifact/parse";
import type { z } from "zod";

/** No published tokenizer has more steps; each reads the whole text. */
const mostSteps = 100;

/** A step that is no sequence, with its path. */
export type Placed<Step> = Exclude<Step, { type: "Sequence" }> & { where: string };

/**
 * The steps of a normaliser or a pre-tokenizer, and of the sequences in it.
 *
 * @param part its name in `tokenizer.json`; starts errors
 * @param list the key of a sequence's steps
 * @throws TypeError for a step that breaks the schema; RangeError for more than 100 steps
 */
export function stepsOf<Step extends { type: string }>(
  schema: z.ZodType<Step>,
  config: unknown,
  part: string,
  list: keyof Extract<Step, { type: "Sequence" }>,
): Placed<Step>[] {
  const steps: Placed<Step>[] = [];
  const left = [{ config, where: part }];
  let read = 0;
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { where } = next;
    const parsed = parse(schema, next.config, where);
    if (parsed.type !== "Sequence") steps.push({ ...parsed, where } as Placed<Step>);
    else {
      const sequence = parsed as Extract<Step, { type: "Sequence" }>;
      const inner = (sequence[list] as unknown[]).slice(0, mostSteps + 1);
      for (const [i, config] of [...inner.entries()].toReversed())
        left.push({ config, where: `${where}.${String(list)}.${i}` });
    }
    if (++read + left.length <= mostSteps) continue;
    throw new RangeError(`${part}: expected at most ${mostSteps} steps, got more`);
  }
  return steps;
}

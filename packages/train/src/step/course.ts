import type { TensorSpecs } from "@sweetspot/compile";
import type { Objective, StepPlace, StepValues } from "../objectives/objective.ts";

/** The names of an objective's values among a step's inputs. */
export const courseInput: Readonly<Record<keyof StepValues, string>> = {
  lossWeights: "course/lossWeights",
  passing: "course/passing",
  rates: "course/rates",
};

/** The objective's values among a step's inputs. */
export function courseSpecs(
  { course }: Pick<Objective, "course">,
  exitLayers: readonly number[],
): TensorSpecs {
  const values = course?.({ step: 0, totalSteps: 1, exitLayers }) ?? {};
  const exits = exitLayers.length;
  const shapes = { lossWeights: [exits], passing: [], rates: [2 * exits] };
  return Object.fromEntries(
    namesIn(values).map((name) => [courseInput[name], { dtype: "float32", shape: shapes[name] }]),
  );
}

/**
 * An objective's values at a step, by the names of `courseSpecs`.
 *
 * @throws RangeError if their number does not fit the number of exits
 */
export function courseValues(
  { course }: Pick<Objective, "course">,
  place: StepPlace,
): Record<string, Float32Array> {
  const values = course?.(place) ?? {};
  const exits = place.exitLayers.length;
  for (const [name, length] of [
    ["lossWeights", exits],
    ["rates", 2 * exits],
  ] as const) {
    const got = values[name]?.length ?? length;
    if (got !== length)
      throw new RangeError(
        `objective: ${name} must be ${length} numbers for ${exits} exits, got ${got} at step ${place.step + 1}`,
      );
  }
  return Object.fromEntries(
    namesIn(values).map((name) => [
      courseInput[name],
      Float32Array.from([values[name] ?? []].flat()),
    ]),
  );
}

function namesIn(values: StepValues): (keyof StepValues)[] {
  return (Object.keys(courseInput) as (keyof StepValues)[]) // its own keys
    .filter((name) => values[name] !== undefined);
}

/**
 * The index of a parameter's share in `StepValues.rates`: its segment's, or its head's. Parameters that
 * exits share are in the first segment.
 */
export function rateIndex(parameter: string, exitLayers: readonly number[]): number {
  const head = /^exits\.(\d+)\./.exec(parameter)?.[1];
  if (head !== undefined) return exitLayers.length + exitLayers.indexOf(Number(head));
  const layer = Number(/^encoder\.layer\.(\d+)\./.exec(parameter)?.[1] ?? -1) + 1;
  return exitLayers.findIndex((last) => layer <= last);
}

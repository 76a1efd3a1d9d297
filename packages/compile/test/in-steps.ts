import type { HostArray, HostArrays } from "../src/session.ts";

/** The inputs of so many steps, as views of arrays that hold them end to end. */
export function inSteps(arrays: HostArrays, steps: number): Record<string, HostArray>[] {
  return Array.from({ length: steps }, (_, i) =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, array]) => {
        const length = array.length / steps;
        return [name, array.subarray(i * length, (i + 1) * length)];
      }),
    ),
  );
}

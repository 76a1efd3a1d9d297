import type { YamlSource } from "./yaml-source.ts";

/** @throws TypeError if a method refers to an unsuitable one, or a key that needs regimes has none */
export function checkMethods(
  methods: Readonly<
    Record<
      string,
      { seeds?: number[] | undefined; regimeOf?: string | undefined; teacher?: string | undefined }
    >
  >,
  {
    seeds,
    regimes,
    searchSeeds,
  }: { seeds: number[]; regimes: object | undefined; searchSeeds: number[] | undefined },
  source: YamlSource,
): void {
  const wrong = (path: string[], message: string): never => {
    throw new TypeError(`${source.at(path)}: ${path.join(".")}: ${message}`);
  };
  if (regimes === undefined && searchSeeds !== undefined)
    wrong(["searchSeeds"], "belongs to a pipeline with regimes");
  for (const [method, { seeds: own = seeds, regimeOf, teacher }] of Object.entries(methods)) {
    const path = (key: string) => ["methods", method, key];
    if (regimeOf !== undefined) {
      if (regimes === undefined) wrong(path("regimeOf"), "belongs to a pipeline with regimes");
      const other = methods[regimeOf];
      if (other === undefined || other.regimeOf !== undefined)
        wrong(
          path("regimeOf"),
          `expected a method of this file that has no regimeOf of its own, got ${regimeOf}`,
        );
    }
    if (teacher === undefined) continue;
    const other = methods[teacher];
    if (other === undefined || other.teacher !== undefined || teacher === method)
      wrong(
        path("teacher"),
        `expected a method of this file that has no teacher of its own, got ${teacher}`,
      );
    const missing = own.find((seed) => !(other?.seeds ?? seeds).includes(seed));
    if (missing !== undefined)
      wrong(
        path("teacher"),
        `expected a teacher with the same seeds, but ${teacher} has no seed ${missing}`,
      );
    if (regimes !== undefined && regimeOf === undefined)
      wrong(
        path("regimeOf"),
        "expected a method whose regime to use: a method with a teacher is trained after the teacher's regime is chosen",
      );
  }
}

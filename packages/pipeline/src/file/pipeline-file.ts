import type { Json } from "@sweetspot/artifact";
import { z } from "zod";
import { checkMethods } from "./check-methods.ts";
import { type Compat, compatNames } from "./compat.ts";
import type { Axis, SharedSetting, StageEntry } from "../plan/stages.ts";
import { parseAt, type YamlSource } from "./yaml-source.ts";

/** A stage's settings as written in the file: incomplete, and checked when the cells are made. */
export type Settings = Record<string, Json>;

/** Stage name -> settings. */
type Sections = Record<string, Settings | undefined>;

/** A user's own file or data set; with neither, a task embedded in the data package. */
interface TaskColumns {
  /** The embedded task, if the entry has a different name. */
  from?: string | undefined;
  /** Relative to the pipeline file. */
  file?: string | undefined;
  /** A second file, for the test split. */
  testFile?: string | undefined;
  format?: string | undefined;
  /** How a CSV or TSV file is read. */
  delimiter?: string | undefined;
  header?: boolean | undefined;
  quotes?: boolean | undefined;
  /** A data set: a folder, relative to the pipeline file, or `ORG/NAME` on the Hub. */
  dataset?: string | undefined;
  /** On the Hub: a branch, a tag or a commit. */
  revision?: string | undefined;
  config?: string | undefined;
  trainSplit?: string | undefined;
  testSplit?: string | undefined;
  text?: string | undefined;
  textPair?: string | undefined;
  label?: string | undefined;
}

/** Keys for files only, for data sets only, and for either. */
const fileKeys = ["testFile", "format", "delimiter", "header", "quotes"] as const;
const datasetKeys = ["revision", "config", "trainSplit", "testSplit"] as const;
const columnKeys = ["text", "textPair", "label"] as const;

/** An encoder of a pipeline. */
interface EncoderEntry {
  /** A folder, relative to the pipeline file, or `ORG/NAME` on the Hub; by default the entry's name. */
  from?: string | undefined;
  /** On the Hub: a branch, a tag or a commit. */
  revision?: string | undefined;
  exitLayers?: number[] | undefined;
  sections: Sections;
}

/** A method of a pipeline. */
interface MethodEntry {
  /** The name of its objective; by default the entry's name. */
  from: string;
  /** By default the file's seeds. */
  seeds: number[];
  /** The method whose chosen regime this one uses; if absent, a regime is chosen for this one. */
  regimeOf?: string | undefined;
  /** The method that this one learns from, trained on the same data with the same seed. */
  teacher?: string | undefined;
  sections: Sections;
}

/** A `pipeline.yaml`, checked, with its defaults filled in. */
export interface PipelineFile {
  source: YamlSource;
  title: string;
  tasks: Record<string, { columns: TaskColumns; sections: Sections }>;
  encoders: Record<string, EncoderEntry>;
  methods: Record<string, MethodEntry>;
  /** Ways to train: one is chosen for each method, on the calibration split. May be empty. */
  regimes: Record<string, { sections: Sections }>;
  /** The seeds of the search. */
  searchSeeds: number[];
  seeds: number[];
  /** Tasks that do not affect the choice of regime: the search leaves them out. */
  controls: string[];
  exitLayers: number[];
  /** The cells whose weights stay on disk; in an id, `*` stands for any characters. */
  keep: string[];
  /** Where a study's results are kept, relative to the pipeline file; by default nowhere. */
  results: string | undefined;
  /** The reference implementation's departures from the paper that it reproduces. */
  compat: Compat[];
  /** Settings shared by all stages that have them; the stages' own schemas check them. */
  shared: Partial<Record<SharedSetting, Json>>;
  sections: Sections;
}

// The stage's own schema rejects values that are not JSON, such as .nan, and says what it expected.
const settings = z.record(z.string(), z.unknown() as z.ZodType<Json>);
const exitLayers = z.array(z.int().positive()).min(1);
const shared = (z.unknown() as z.ZodType<Json>).optional();
const column = z.string().min(1).optional();
// In a file without a header, columns are named by number.
const fieldName = z.union([z.string().min(1), z.int().positive().transform(String)]).optional();
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w./@-]*$/,
    "must begin with a letter or digit and contain only A-Z a-z 0-9 _ . / @ -",
  );

const someSeeds = z
  .array(z.int().nonnegative())
  .min(1)
  .refine((seeds) => new Set(seeds).size === seeds.length, "must differ from each other");

// An encoder may be named by its folder.
const encoderName = z
  .string()
  .regex(
    /^(\.{0,2}\/)*[A-Za-z0-9][\w./@-]*$/,
    "must begin with a letter or digit, or be a path that begins with ./, ../ or /, and contain only A-Z a-z 0-9 _ . / @ -",
  );

/**
 * Checks the content of a pipeline file.
 *
 * @param fallbackTitle the title if the file has none
 * @throws TypeError that names the file, the line, what was expected, and the key that was probably meant
 */
export function checkPipelineFile(
  source: YamlSource,
  stages: Readonly<Record<string, StageEntry>>,
  fallbackTitle: string,
): PipelineFile {
  const entry = <S extends z.ZodRawShape>(axis: Axis, shape: S) =>
    z.strictObject({ ...shape, ...sectionsShape(stages, [axis]) });
  const task = entry("task", {
    from: column,
    file: column,
    testFile: column,
    format: column,
    delimiter: column,
    header: z.boolean().optional(),
    quotes: z.boolean().optional(),
    dataset: column,
    revision: column,
    config: column,
    trainSplit: column,
    testSplit: column,
    text: fieldName,
    textPair: fieldName,
    label: fieldName,
  }).superRefine((columns, context) => {
    const { from, file, dataset, text, label } = columns;
    if (from !== undefined && (file !== undefined || dataset !== undefined)) {
      context.addIssue({
        code: "custom",
        path: ["from"],
        message:
          "names a task that comes with the data package: expected no file or dataset beside it",
      });
    }
    if (file !== undefined && dataset !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["dataset"],
        message: "expected a file or a data set, not both",
      });
    }
    for (const [key, value] of Object.entries({ text, label })) {
      if (file === undefined || value !== undefined) continue;
      context.addIssue({
        code: "custom",
        path: [key],
        message: "expected the name of a column of the file",
      });
    }
    const misplaced: (readonly [keyof TaskColumns, string])[] = [];
    if (file === undefined) misplaced.push(...fileKeys.map((key) => [key, "file"] as const));
    if (dataset === undefined)
      misplaced.push(...datasetKeys.map((key) => [key, "data set (dataset)"] as const));
    if (file === undefined && dataset === undefined)
      misplaced.push(...columnKeys.map((key) => [key, "file"] as const));
    for (const [key, owner] of misplaced) {
      if (columns[key] === undefined) continue;
      const message = `belongs to a task that names a ${owner}`;
      context.addIssue({ code: "custom", path: [key], message });
    }
  });
  const schema = z.strictObject({
    title: z.string().min(1).default(fallbackTitle),
    tasks: nonEmpty(z.record(name, task)),
    encoders: nonEmpty(
      z.record(
        encoderName,
        entry("encoder", { from: column, revision: column, exitLayers: exitLayers.optional() }),
      ),
    ),
    methods: nonEmpty(
      z.record(
        name,
        entry("method", {
          from: column,
          seeds: someSeeds.optional(),
          regimeOf: column,
          teacher: column,
        }),
      ),
    ),
    regimes: nonEmpty(z.record(name, entry("regime", {}))).optional(),
    searchSeeds: someSeeds.optional(),
    seeds: someSeeds.default([1]),
    exitLayers,
    compat: z
      .union([z.literal("reference"), z.array(z.enum(compatNames)).min(1)])
      .transform((names) => (names === "reference" ? compatNames : names))
      .default([]),
    results: column,
    keep: z.array(z.string().min(1)).optional(),
    controls: z.array(z.string().min(1)).optional(),
    device: shared,
    engine: shared,
    ...sectionsShape(stages, []),
  });
  if (source.value === null) {
    throw new TypeError(
      `${source.file}: expected a pipeline, got an empty file; name at least tasks, encoders, methods and exitLayers`,
    );
  }
  const value = plain(source);
  checkSections(value, stages, source);
  const { title, tasks, encoders, methods, seeds, regimes, searchSeeds, ...rest } = parseAt<
    z.infer<typeof schema>
  >(schema, value, source, "");
  rest.controls?.forEach((control, i) => {
    if (Object.hasOwn(tasks, control)) return;
    const names = Object.keys(tasks).join(", ");
    throw new TypeError(
      `${source.at(["controls", i])}: controls.${i}: must be a task of this file (${names}), got ${control}`,
    );
  });
  if (regimes !== undefined && Object.keys(tasks).every((task) => rest.controls?.includes(task)))
    throw new TypeError(
      `${source.at(["controls"])}: controls: must leave at least one task for choosing regimes`,
    );
  checkMethods(methods, { seeds, regimes, searchSeeds }, source);
  const { exitLayers: layers, results, keep, compat, controls, device, engine, ...sections } = rest;
  return {
    source,
    title,
    tasks: mapValues(tasks, (entry) => {
      const part = (ofStage: boolean) =>
        Object.fromEntries(
          Object.entries(entry).filter(([key]) => Object.hasOwn(stages, key) === ofStage),
        );
      return { columns: part(false), sections: part(true) as Sections }; // by the schema above
    }),
    encoders: mapValues(encoders, ({ from, revision, exitLayers, ...own }) => ({
      from,
      revision,
      exitLayers,
      sections: own as Sections,
    })),
    methods: mapValues(
      methods,
      ({ from, seeds: own = seeds, regimeOf, teacher, ...sections }, name) => ({
        from: from ?? name,
        seeds: own,
        regimeOf,
        teacher,
        sections: sections as Sections,
      }),
    ),
    regimes: mapValues(regimes ?? {}, (own) => ({ sections: own as Sections })),
    searchSeeds: searchSeeds ?? seeds.slice(0, 1),
    seeds,
    exitLayers: layers,
    results,
    keep: keep ?? [],
    compat,
    controls: controls ?? [],
    shared: {
      ...(controls === undefined ? {} : { controls }),
      ...(device === undefined ? {} : { device }),
      ...(engine === undefined ? {} : { engine }),
    },
    sections: sections as Sections,
  };
}

/** A key for each of the stages whose cells vary along these axes. */
function sectionsShape(stages: Readonly<Record<string, StageEntry>>, axes: readonly Axis[]) {
  const names = Object.keys(stages).filter((s) => axes.every((a) => stages[s]?.per.includes(a)));
  const shape = names.map((stage) => [stage, settings.optional()] as const);
  // Typed as empty, so that the keys written out by name keep their types.
  return Object.fromEntries(shape) as Record<never, never>;
}

const axisKeys: readonly [Axis, string][] = [
  ["task", "tasks"],
  ["encoder", "encoders"],
  ["method", "methods"],
  ["regime", "regimes"],
];

/** @throws TypeError if an entry has settings for a stage that does not vary along its axis */
function checkSections(
  value: unknown,
  stages: Readonly<Record<string, StageEntry>>,
  source: YamlSource,
): void {
  for (const [axis, key] of axisKeys) {
    const entries = isMapping(value) ? value[key] : undefined;
    for (const [name, entry] of Object.entries(isMapping(entries) ? entries : {})) {
      const shared = Object.keys(isMapping(entry) ? entry : {}).find(
        (section) => Object.hasOwn(stages, section) && !stages[section]?.per.includes(axis),
      );
      if (shared === undefined) continue;
      const others = axisKeys.filter(([a]) => stages[shared]?.per.includes(a)).map(([, k]) => k);
      const places = ["at the top of the file", ...others.map((k) => `in an entry of ${k}`)];
      throw new TypeError(
        `${source.at([key, name, shared])}: ${key}.${name}.${shared}: ${shared} does not vary by ${axis}; set it ${places.join(" or ")}`,
      );
    }
  }
}

function nonEmpty<T extends z.ZodType<object>>(schema: T): T {
  return schema.refine((entries) => Object.keys(entries).length > 0, "must name at least one");
}

/**
 * The file's value with its shorthands expanded: a list of names becomes a mapping of those names to
 * nothing, and nothing becomes an empty mapping.
 */
function plain(source: YamlSource): unknown {
  if (!isMapping(source.value)) return source.value;
  return mapValues(source.value, (value, key) => {
    if (value === null) return {};
    if (!["tasks", "encoders", "methods", "regimes"].includes(key)) return value;
    const entries = Array.isArray(value) ? named(value, key, source) : value;
    if (!isMapping(entries)) return entries;
    return mapValues(entries, (entry) =>
      isMapping(entry) ? mapValues(entry, (section) => section ?? {}) : (entry ?? {}),
    );
  });
}

function named(list: readonly unknown[], key: string, source: YamlSource): unknown {
  const bad = list.findIndex((n, i) => typeof n !== "string" || list.indexOf(n) !== i);
  if (bad >= 0) {
    throw new TypeError(
      `${source.at([key, bad])}: ${key}: expected distinct names, got ${JSON.stringify(list[bad])}; write a mapping to give a name settings`,
    );
  }
  return Object.fromEntries(list.map((n) => [String(n), {}]));
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

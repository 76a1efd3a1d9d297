import type { Json } from "@sweetspot/artifact";
import { z } from "zod";
import { type Compat, compatNames } from "./compat.ts";
import type { Axis, SharedSetting, StageEntry } from "../plan/stages.ts";
import { parseAt, type YamlSource } from "./yaml-source.ts";

/** Settings of a stage as a person wrote them: not yet complete, checked where the cells are made. */
export type Settings = Record<string, Json>;

/** Stage name -> settings. */
type Sections = Record<string, Settings | undefined>;

/** A person's own file, or a data set; without either the task is one that comes with the data package. */
interface TaskColumns {
  /** A task that comes with the data package, where the entry has a name of its own. */
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
  /** A data set: a folder, relative to the pipeline file, or `ORG/NAME` of the Hub. */
  dataset?: string | undefined;
  /** Of the Hub: a branch, a tag or a commit. */
  revision?: string | undefined;
  config?: string | undefined;
  trainSplit?: string | undefined;
  testSplit?: string | undefined;
  text?: string | undefined;
  textPair?: string | undefined;
  label?: string | undefined;
}

/** What only a file has, and what only a data set has. */
const fileKeys = ["testFile", "format", "delimiter", "header", "quotes"] as const;
const datasetKeys = ["revision", "config", "trainSplit", "testSplit"] as const;
const columnKeys = ["text", "textPair", "label"] as const;

/** An encoder of a pipeline. */
interface EncoderEntry {
  /** A folder, relative to the pipeline file, or `ORG/NAME` of the Hub; without, the entry's name says. */
  from?: string | undefined;
  /** Of the Hub: a branch, a tag or a commit. */
  revision?: string | undefined;
  exitLayers?: number[] | undefined;
  sections: Sections;
}

/** A method of a pipeline. */
interface MethodEntry {
  /** By default the file's. */
  seeds: number[];
  /** The method whose chosen regime it is trained under; without, one is chosen for it. */
  regimeOf?: string | undefined;
  /** The method that it learns from: one trained on the same data with the same seed. */
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
  /** Ways to train of which one is chosen for each method, on the calibration split; may be empty. */
  regimes: Record<string, { sections: Sections }>;
  /** The seeds that the choice is made by. */
  searchSeeds: number[];
  seeds: number[];
  /** Tasks that have no say in which regime is chosen: no method searches on them. */
  controls: string[];
  exitLayers: number[];
  /** Where a study's results are kept, relative to the pipeline file; by default nowhere. */
  results: string | undefined;
  /** In what it does as the reference implementation does. */
  compat: Compat[];
  /** What the stages that have such a setting share; their own schemas check it. */
  shared: Partial<Record<SharedSetting, Json>>;
  sections: Sections;
}

// What is no JSON, such as .nan, the stage's own schema refuses, and knows what it should be.
const settings = z.record(z.string(), z.unknown() as z.ZodType<Json>);
const exitLayers = z.array(z.int().positive()).min(1);
const shared = (z.unknown() as z.ZodType<Json>).optional();
const column = z.string().min(1).optional();
// A file without a header has its columns called by their numbers.
const fieldName = z.union([z.string().min(1), z.int().positive().transform(String)]).optional();
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w./@-]*$/,
    "must begin with a letter or digit and hold only A-Z a-z 0-9 _ . / @ -",
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
    "must begin with a letter or digit, or be a path that begins with ./, ../ or /, and hold only A-Z a-z 0-9 _ . / @ -",
  );

/**
 * Checks the content of a pipeline file.
 *
 * @param fallbackTitle the title where the file has none
 * @throws TypeError that names the file, the line, what was expected, and the key that was meant
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
          "names a task that comes with the data package: expected it without file or dataset",
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
        entry("method", { seeds: someSeeds.optional(), regimeOf: column, teacher: column }),
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
    controls: z.array(z.string().min(1)).optional(),
    device: shared,
    engine: shared,
    ...sectionsShape(stages, []),
  });
  if (source.value === null) {
    throw new TypeError(
      `${source.file}: expected a pipeline, got an empty file; name at the least tasks, encoders, methods and exitLayers`,
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
      `${source.at(["controls"])}: controls: must leave a task that regimes are chosen by`,
    );
  checkMethods(methods, { seeds, regimes, searchSeeds }, source);
  const { exitLayers: layers, results, compat, controls, device, engine, ...sections } = rest;
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
    methods: mapValues(methods, ({ seeds: own = seeds, regimeOf, teacher, ...sections }) => ({
      seeds: own,
      regimeOf,
      teacher,
      sections: sections as Sections,
    })),
    regimes: mapValues(regimes ?? {}, (own) => ({ sections: own as Sections })),
    searchSeeds: searchSeeds ?? seeds.slice(0, 1),
    seeds,
    exitLayers: layers,
    results,
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

/** A key for each stage whose cells an entry on these axes can be told apart by. */
function sectionsShape(stages: Readonly<Record<string, StageEntry>>, axes: readonly Axis[]) {
  const names = Object.keys(stages).filter((s) => axes.every((a) => stages[s]?.per.includes(a)));
  const shape = names.map((stage) => [stage, settings.optional()] as const);
  // Typed as empty, so that the keys with a name of their own keep their types.
  return Object.fromEntries(shape) as Record<never, never>;
}

const axisKeys: readonly [Axis, string][] = [
  ["task", "tasks"],
  ["encoder", "encoders"],
  ["method", "methods"],
  ["regime", "regimes"],
];

/** @throws TypeError if a method names another that cannot be meant, or something says what regimes alone have */
function checkMethods(
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
          `expected a method of this file that a regime is chosen for, got ${regimeOf}`,
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
      wrong(path("teacher"), `expected one of the same seeds, ${teacher} has no seed ${missing}`);
    if (regimes !== undefined && regimeOf === undefined)
      wrong(
        path("regimeOf"),
        "expected a method: one that learns from a teacher is trained once the teacher's regime is chosen",
      );
  }
}

/** @throws TypeError if an entry sets a stage that is the same for all entries of its kind */
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
 * The file's value with its shorthands written out: a list of names is a mapping to nothing, and
 * nothing is an empty mapping.
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
      `${source.at([key, bad])}: ${key}: expected names, each once, got ${JSON.stringify(list[bad])}; settings need a mapping of names`,
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

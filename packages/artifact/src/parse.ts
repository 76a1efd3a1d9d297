import type { z } from "zod";
import { didYouMean } from "./did-you-mean.ts";

/**
 * Checks `value` against `schema` and returns it with defaults filled in.
 *
 * @param where what is being read (a file, a stage's settings); errors start with it
 * @throws TypeError that lists the first problems by path; for an unknown key it suggests the nearest
 *   known one
 */
export function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => describe(issue, schema));
  throw new TypeError(`${where}: ${first(problems).join("; ")}`);
}

/** The first few problems, and how many more there are. */
function first(problems: readonly string[]): string[] {
  const shown = 5;
  if (problems.length <= shown + 1) return [...problems];
  return [...problems.slice(0, shown), `and ${problems.length - shown} more problems`];
}

type Issue = z.core.$ZodIssue;

function describe(issue: Issue, schema: z.ZodType, at: readonly PropertyKey[] = []): string[] {
  const keys = [...at, ...issue.path];
  const path = keys.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, keys);
    return issue.keys.map((key) => {
      const full = path ? `${path}.${key}` : key;
      if (known.length === 0) return `unknown key "${full}"`;
      return `unknown key "${full}", ${didYouMean(key, known)}`;
    });
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const fit = issue.errors.filter((errors) => errors.every((e) => fits(e, issue.input)));
    const [only, ...others] = fit;
    if (only !== undefined && others.length === 0)
      return only.flatMap((e) => describe(e, schema, keys));
    const branches = issue.errors.map((errors) =>
      errors.flatMap((e) => describe(e, schema, keys)).join(", "),
    );
    return [`${path || "value"}: ${issue.message} (${branches.join(" | ")})`];
  }
  if (issue.code === "invalid_key") {
    const name = String(keys.pop());
    const above = keys.map(String).join(".");
    const reasons = issue.issues.map((i) => i.message).join(", ");
    return [`${above || "value"}: the name ${JSON.stringify(name)} ${reasons}`];
  }
  const names = namesOf(issue);
  if (names.length > 1 && typeof issue.input === "string")
    return [
      `${path || "value"}: unknown ${shortened(issue.input)}, ${didYouMean(issue.input, names)}`,
    ];
  return [`${path || "value"}: ${issue.message}${got(issue.input)}`];
}

/** The values of an enumeration. */
function namesOf(issue: Issue): string[] {
  if (issue.code !== "invalid_value") return [];
  return issue.values.filter((value) => typeof value === "string");
}

/** Whether the value was meant for this branch of a union: the right kind, but with a mistake in it. */
function fits(issue: Issue, value: unknown): boolean {
  if (issue.path.length > 0) return true;
  if (issue.code === "invalid_value") return typeof value === "string" && namesOf(issue).length > 1;
  return issue.code !== "invalid_type";
}

function got(input: unknown): string {
  if (input === undefined) return "";
  try {
    // JSON has no NaN.
    return `, got ${typeof input === "number" ? input : shortened(input)}`;
  } catch {
    // JSON cannot hold it: a bigint, a cycle, or nested too deep.
    return typeof input === "bigint" ? `, got ${input}` : "";
  }
}

function shortened(input: unknown): string {
  return JSON.stringify(input)?.slice(0, 80) ?? typeof input;
}

/** The keys of an object schema at `path`, looking through defaults, options and arrays. */
function knownKeys(schema: unknown, path: readonly PropertyKey[]): string[] {
  let here = alternatives(schema);
  for (const step of path) {
    here = here.flatMap((s) => {
      const def = definition(s);
      if (def?.type === "object") return alternatives(def.shape?.[String(step)]);
      if (def?.type === "array") return alternatives(def.element);
      if (def?.type === "record") return alternatives(def.valueType);
      return [];
    });
  }
  return [...new Set(here.flatMap((s) => Object.keys(definition(s)?.shape ?? {})))];
}

interface Definition {
  type: string;
  shape?: Record<string, unknown>;
  element?: unknown;
  valueType?: unknown;
  innerType?: unknown;
  in?: unknown;
  options?: readonly unknown[];
}

function definition(schema: unknown): Definition | undefined {
  return (schema as { _zod?: { def?: Definition } } | undefined)?._zod?.def;
}

/** The schemas behind a schema: itself, what it wraps, or each option of a union. */
function alternatives(schema: unknown): unknown[] {
  const def = definition(schema);
  if (def === undefined) return [];
  if (def.innerType !== undefined) return alternatives(def.innerType);
  if (def.type === "pipe") return alternatives(def.in);
  if (def.type === "union") return (def.options ?? []).flatMap(alternatives);
  return [schema];
}

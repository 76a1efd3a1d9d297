import { closest } from "fastest-levenshtein";
import type { z } from "zod";

/**
 * Checks `value` against `schema` and returns it with defaults filled in.
 *
 * @param where what is being read (a file, a stage's settings): the errors begin with it
 * @throws TypeError that lists every problem by its path; an unknown key is answered with the
 *   nearest known one
 */
export function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => describe(issue, schema));
  throw new TypeError(`${where}: ${problems.join("; ")}`);
}

type Issue = z.core.$ZodIssue;

function describe(issue: Issue, schema: z.ZodType): string[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => {
      const full = path ? `${path}.${key}` : key;
      if (known.length === 0) return `unknown key "${full}"`;
      return `unknown key "${full}", did you mean "${closest(key, known)}"? (known: ${known.join(", ")})`;
    });
  }
  if (issue.code === "invalid_union") {
    const branches = issue.errors.map((errors) =>
      errors.flatMap((e) => describe(e, schema)).join(", "),
    );
    return [
      `${path || "value"}: ${issue.message}${branches.length > 0 ? ` (${branches.join(" | ")})` : ""}`,
    ];
  }
  const got = issue.input === undefined ? "" : `, got ${JSON.stringify(issue.input)?.slice(0, 80)}`;
  return [`${path || "value"}: ${issue.message}${got}`];
}

/** The keys that an object schema knows at `path`, looking through defaults, options and arrays. */
function knownKeys(schema: unknown, path: readonly PropertyKey[]): string[] {
  let here = unwrap(schema);
  for (const step of path) {
    const def = definition(here);
    if (def?.type === "object") here = unwrap(def.shape?.[String(step)]);
    else if (def?.type === "array") here = unwrap(def.element);
    else if (def?.type === "record") here = unwrap(def.valueType);
    else return [];
  }
  return Object.keys(definition(here)?.shape ?? {});
}

interface Definition {
  type: string;
  shape?: Record<string, unknown>;
  element?: unknown;
  valueType?: unknown;
  innerType?: unknown;
  in?: unknown;
}

function definition(schema: unknown): Definition | undefined {
  return (schema as { _zod?: { def?: Definition } } | undefined)?._zod?.def;
}

function unwrap(schema: unknown): unknown {
  const def = definition(schema);
  if (def?.innerType !== undefined) return unwrap(def.innerType);
  if (def?.type === "pipe") return unwrap(def.in);
  return schema;
}

import { readFile } from "node:fs/promises";
import { parse } from "@sweetspot/artifact";
import { type Document, isNode, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";

/** A parsed YAML file, with the line of each value. */
export interface YamlSource {
  /** The path as errors show it. */
  file: string;
  value: unknown;
  /** `file:line` of the value at `path`, or of its nearest ancestor in the file. */
  at(path: readonly PropertyKey[]): string;
}

/**
 * Reads a YAML 1.2 file.
 *
 * @param file the path to read
 * @param shown the path as errors show it
 * @throws Error if it cannot be read; TypeError, with the line, if it is not UTF-8 or not YAML
 */
export async function readYaml(file: string, shown: string): Promise<YamlSource> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Error(`${shown}: cannot be read (${(cause as Error).message})`, { cause });
  });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TypeError(`${shown}: not UTF-8; save it in that encoding`, { cause });
  }
  return parseYaml(text, shown);
}

/** @throws TypeError, with the line, if `text` is not YAML */
export function parseYaml(text: string, shown: string): YamlSource {
  const lines = new LineCounter();
  const document: Document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  const line = (offset = 0): string => `${shown}:${lines.linePos(offset).line}`;
  if (error?.code === "MULTIPLE_DOCS") {
    throw new TypeError(
      `${line(error.pos[0])}: expected one YAML document, got a second; remove it, or the line (--- or ...) that ends the first`,
    );
  }
  if (error !== undefined) throw new TypeError(`${line(error.pos[0])}: ${error.message}`);
  const value = resolved(document, line);
  const at = (path: readonly PropertyKey[]): string => {
    for (let depth = path.length; depth > 0; depth--) {
      const offset = offsetOf(document, path.slice(0, depth));
      if (offset !== undefined) return line(offset);
    }
    return shown;
  };
  return { file: shown, value, at };
}

/** A document's value, with its aliases expanded. */
function resolved(document: Document, line: (offset?: number) => string): unknown {
  let first: number | undefined;
  visit(document, {
    Alias(_, alias, path) {
      const offset = alias.range?.[0];
      first ??= offset;
      const anchored = alias.resolve(document);
      if (anchored === undefined) {
        throw new TypeError(
          `${line(offset)}: the alias *${alias.source} has no anchor; put the anchor &${alias.source} before it`,
        );
      }
      if (path.some((node) => node === anchored)) {
        throw new TypeError(
          `${line(offset)}: the alias *${alias.source} refers to a value that contains it; write the value out`,
        );
      }
    },
  });
  try {
    return document.toJS();
  } catch (cause) {
    // Aliases of aliases, which grow exponentially.
    throw new TypeError(
      `${line(first)}: its aliases cannot be expanded (${(cause as Error).message}); use fewer`,
      { cause },
    );
  }
}

/** The offset where a mapping's key, or a list's item, starts. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const last = path.at(-1);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const items = (parent as { items?: unknown[] } | null | undefined)?.items ?? [];
  for (const item of items) {
    const { key } = (item ?? {}) as { key?: unknown };
    const node = key ?? item;
    if (isNode(node) && String((node as { value?: unknown }).value) === String(last)) {
      return node.range?.[0];
    }
  }
  const item = typeof last === "number" ? items[last] : undefined;
  return isNode(item) ? item.range?.[0] : undefined;
}

/**
 * Checks a value that came from a YAML file.
 *
 * @param place maps a problem's path in `value` to its path in the file
 * @param label names the value in errors; may be empty
 * @throws TypeError that starts with the file and line of one problem and lists all problems, see `parse`
 */
export function parseAt<T>(
  schema: z.ZodType<T>,
  value: unknown,
  source: YamlSource,
  label: string,
  place: (path: readonly PropertyKey[]) => readonly PropertyKey[] = (path) => path,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A missing key has no line; a misspelt one has.
  const issue = issues.find((i) => i.code === "unrecognized_keys") ?? issues[0];
  const path = [...(issue?.path ?? [])];
  if (issue?.code === "unrecognized_keys") path.push(...issue.keys.slice(0, 1));
  return parse(schema, value, `${source.at(place(path))}${label && `: ${label}`}`);
}

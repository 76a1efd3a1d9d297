import { type Row, rowName, type Table } from "./table.ts";

/**
 * A table from JSON Lines: an object per line; blank lines are skipped. Its columns are all keys
 * that occur.
 *
 * @param text the file's content, without a byte order mark
 * @throws TypeError that names the row and line if it is not an object; RangeError if there is none
 */
export function parseJsonLines(text: string, where: string): Table {
  const columns = new Set<string>();
  const rows: Row[] = [];
  for (const [i, content] of text.split(/\r\n|\n|\r/).entries()) {
    if (content.trim() === "") continue;
    const line = i + 1;
    const place = `${where}: ${rowName(rows.length, line)}`;
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (cause) {
      throw new TypeError(
        `${place}: not JSON (${(cause as Error).message}); write one object on each line`,
        { cause },
      );
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new TypeError(
        `${place}: expected an object, got ${typeName(value)}; write one object on each line`,
      );
    }
    rows.push({ line, fields: value as Record<string, unknown> });
    for (const key of Object.keys(value)) columns.add(key);
  }
  if (rows.length === 0)
    throw new RangeError(`${where}: expected an object on each line, got an empty file`);
  return { where, columns: [...columns], rows };
}

/** What errors call a JSON value. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return `the ${typeof value} ${typeof value === "string" ? JSON.stringify(value) : String(value)}`;
}

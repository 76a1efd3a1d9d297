import { type Row, rowName, type Table } from "./table.ts";

/**
 * Parses a table from JSON Lines, one object per line, or from one JSON array of objects. Blank lines
 * are skipped. The columns are all keys that occur.
 *
 * @param text the file's content, without a byte order mark
 * @throws TypeError that names the row and line if one is not an object; RangeError if there is none
 */
export function parseJsonLines(text: string, where: string): Table {
  const rows = arrayRows(text) ?? lineRows(text, where);
  if (rows.length === 0)
    throw new RangeError(`${where}: expected an object on each line, got an empty file`);
  const columns = new Set<string>();
  for (const { fields } of rows) for (const key of Object.keys(fields)) columns.add(key);
  return { where, columns: [...columns], rows };
}

/** The objects of a text that is one JSON array. */
function arrayRows(text: string): Row[] | undefined {
  if (!/^\s*\[/.test(text)) return undefined;
  const value = parsed(text);
  return Array.isArray(value) && value.every(isObject)
    ? value.map((fields): Row => ({ fields }))
    : undefined;
}

function lineRows(text: string, where: string): Row[] {
  const rows: Row[] = [];
  for (const [i, content] of text.split(/\r\n|\n|\r/).entries()) {
    if (content.trim() === "") continue;
    const line = i + 1;
    const place = `${where}: ${rowName(rows.length, line)}`;
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (cause) {
      const why = (cause as Error).message;
      throw new TypeError(`${place}: not JSON (${why}); ${fixOf(content, text, rows.length)}`, {
        cause,
      });
    }
    if (!isObject(value)) {
      throw new TypeError(
        `${place}: expected an object, got ${typeName(value)}; write one object on each line`,
      );
    }
    rows.push({ line, fields: value });
  }
  return rows;
}

function fixOf(content: string, text: string, rows: number): string {
  // Two simple patterns; one pattern with alternatives overflows the stack on a long line.
  const bare = content.replaceAll(/\\./g, "").replaceAll(/"[^"]*"/g, '""');
  const [name] = /\bNaN\b|-?\bInfinity\b/.exec(bare) ?? [];
  if (name !== undefined) return `${name} is not valid in JSON: write null, or a text in quotes`;
  const whole = rows === 0 ? parsed(text) : undefined;
  if (isObject(whole)) {
    const keys = Object.keys(whole).slice(0, 5).join(", ");
    return `the file is one object (${keys}): save the array of its examples, or one object on each line`;
  }
  return "write one object on each line";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON value's name in errors. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return `the ${typeof value} ${typeof value === "string" ? JSON.stringify(value) : String(value)}`;
}

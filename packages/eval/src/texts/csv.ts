/**
 * One record of a CSV file, with its line break: fields with a comma, a quote, a line break or a space
 * at an end are quoted, and quotes in them doubled.
 *
 * Nothing else is changed, so a field that is read back is the field that was written. A spreadsheet may
 * therefore run a field that starts with `=`, `+`, `-` or `@` as a formula: import such columns as text.
 *
 * Source: RFC 4180.
 */
export function csvLine(fields: readonly (string | number)[]): string {
  const quoted = fields.map((field) => {
    const text = String(field);
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(",")}\r\n`;
}

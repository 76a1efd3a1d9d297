/** A string from outside as a YAML scalar: in double quotes, JSON's, which YAML reads. */
export function yamlString(text: string): string {
  // JSON leaves as they are some characters that YAML forbids or takes for a line's end.
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A string from outside as Markdown that shows it as it is, on one line, in a table too. */
export function markdownText(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_[\]<>|~&#$!]/g, String.raw`\$&`)
    .replace(/^([-+=])/, String.raw`\$1`)
    .replace(/^(\d+)([.)])(?=\s|$)/, String.raw`$1\$2`);
}

// Shared by the scripts that write into Markdown pages.

/** A table: text in the first column, numbers in the others. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "--:"))), ...rows.map(line)].join(
    "\n",
  );
}

/**
 * A page with the text between `<!-- NAME -->` and `<!-- /NAME -->` replaced, for each name.
 *
 * @throws Error if the page lacks a pair of these marks
 */
export function withParts(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, content]) => {
    const part = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`);
    if (!part.test(text)) {
      throw new Error(`expected <!-- ${name} --> and <!-- /${name} --> on the page, found none`);
    }
    return text.replace(part, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`);
  }, page);
}

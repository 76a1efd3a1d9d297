/** White space in Rust and Oniguruma: unlike `\s`, with U+0085 and without U+FEFF. */
export const whiteSpace: string = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

/** A character of a word, Rust's `\w`. */
export const wordCharacter: string = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d`;

/**
 * Makes the inside of a regular expression's class (`[...]`, flag `u`) from a table of
 * `unicode-tables.ts`. JavaScript's `\p{...}` follow a different version of Unicode than Hugging Face
 * tokenizers, and that version changes with Node.
 */
export function characterClass(table: string): string {
  let last = 0;
  const ranges = table.split(" ").map((range) => {
    const [gap = "", more = "0"] = range.split("+");
    const first = last + Number.parseInt(gap, 36);
    last = first + Number.parseInt(more, 36);
    return `${escaped(first)}-${escaped(last)}`;
  });
  return ranges.join("");
}

function escaped(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}

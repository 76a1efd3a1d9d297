/** White space as Rust and Oniguruma know it: with U+0085, without U+FEFF, other than `\s`. */
export const whiteSpace: string = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

/** A character of a word, Rust's `\w`. */
export const wordCharacter: string = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d`;

/**
 * The inside of a class of a regular expression (`[...]`, flag `u`) from a table of
 * `unicode-tables.ts`. JavaScript's own `\p{...}` are of another version of Unicode than those of
 * Hugging Face tokenizers, and of another with each release of Node.
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

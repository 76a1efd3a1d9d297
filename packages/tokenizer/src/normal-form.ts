import { characterClass } from "./patterns/character-class.ts";
import { unnormalized } from "./patterns/unicode-tables.ts";

/** A normal form of Unicode. */
export type NormalForm = "NFC" | "NFD" | "NFKC" | "NFKD";

const normalized = new RegExp(`[^${characterClass(unnormalized)}]+`, "gu");
const manyMarks = /\p{M}{33,}/gu;

/**
 * A normal form of a text, in time linear in it (n log n in a run of marks). Characters that the tables
 * of Hugging Face's library do not know yet are left alone, and count as a base for the marks after them.
 *
 * JavaScript's `normalize` sorts the marks after a letter by insertion, in time quadratic in their
 * number, so a long run of marks is sorted first.
 */
export function normalForm(text: string, form: NormalForm): string {
  return text.replace(normalized, (run) => run.replace(manyMarks, inOrder).normalize(form));
}

/** A run of marks, decomposed and in canonical order. */
function inOrder(run: string): string {
  const decomposed = new Map<string, string>();
  for (const mark of run) {
    if (!decomposed.has(mark)) decomposed.set(mark, mark.normalize("NFD"));
  }
  const marks = Array.from(Array.from(run, (mark) => decomposed.get(mark) ?? "").join(""));
  const ranks = ranksOf(new Set(marks));
  let out = "";
  let begin = 0;
  for (let end = 1; end <= marks.length; end++) {
    // A character without a class separates the marks before it from those after it.
    if (end < marks.length && ranks.get(marks[end] ?? "") !== 0) continue;
    const part = marks.slice(begin, end);
    out += part.sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0)).join("");
    begin = end;
  }
  return out;
}

/** The combining classes of marks, as numbers in the same order; 0 for none. */
function ranksOf(marks: ReadonlySet<string>): Map<string, number> {
  const ranks = new Map<string, number>();
  const combining: string[] = [];
  for (const mark of marks) {
    if (isAfter(lastClass, mark) || isAfter(mark, firstClass)) combining.push(mark);
    else ranks.set(mark, 0);
  }
  combining.sort((a, b) => Number(isAfter(a, b)) - Number(isAfter(b, a)));
  let rank = 1;
  combining.forEach((mark, i) => {
    const before = combining[i - 1];
    if (before !== undefined && isAfter(mark, before)) rank++;
    ranks.set(mark, rank);
  });
  return ranks;
}

/** A mark of the lowest class, 1, and of the highest, 240. */
const firstClass = "\u0334";
const lastClass = "\u0345";

/** Whether two marks with classes are out of order. */
function isAfter(mark: string, other: string): boolean {
  return (mark + other).normalize("NFD") !== mark + other;
}

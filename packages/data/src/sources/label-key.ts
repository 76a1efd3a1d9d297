/** What is not seen: format characters and the like, but not the letters of emoji flags. */
const unseen = /(?![\u{e0020}-\u{e007f}])[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** A decimal number; one with a needless 0 before it, such as `01`, is a code. */
const numeral = /^([+-]?)(?:(0|[1-9]\d*)(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d{1,6}))?$/i;

/** A text without the characters that are not seen, each stretch of white space one space, none at the ends. */
export function seenText(text: string): string {
  return text.replaceAll(unseen, "").replaceAll(/\s+/gu, " ").trim();
}

/**
 * A label as it is shown and given back: as it is written, without the characters that are not seen,
 * but for those that shape their neighbours, as in Persian words and in emoji.
 */
export function shownLabel(label: string): string {
  const shown = label.replaceAll(unseen, (character, at: number) => {
    const [before = "", after = ""] = [label[at - 1], label[at + character.length]];
    const joins = /\p{Join_Control}/u.test(character) && /\S/.test(after);
    const shapes = (joins || /\p{Variation_Selector}/u.test(character)) && /\S/.test(before);
    return shapes ? character : "";
  });
  return shown.trim();
}

/**
 * Equal for labels that mean the same: compatibility forms unified (NFKC), what is not seen left out,
 * white space collapsed, and decimal numbers by their exact value (`1`, `+1`, `1.0`, `1e0`; `01` is a
 * code of its own). Case counts. Empty for a label of nothing that is seen.
 */
export function labelKey(label: string): string {
  const text = seenText(seenText(label).normalize("NFKC")).replace(/^\u2212/u, "-");
  const [found, sign = "", whole = "", decimals = "", only = "", power = "0"] =
    numeral.exec(text) ?? [];
  if (found === undefined) return text;
  const fraction = decimals || only;
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const exponent = Number(power) - fraction.length + digits.length - significant.length;
  return `${sign === "-" ? "-" : ""}${significant}e${exponent}`;
}

/** What stands for nothing in other programs' tables, in lower case. */
const standsForNothing = new Set([
  "nan",
  "na",
  "n/a",
  "#n/a",
  "<na>",
  "null",
  "none",
  "nil",
  "undefined",
  "nat",
]);

/** Whether a label is a word that other programs write where there is none. */
export function looksMissing(label: string): boolean {
  return standsForNothing.has(labelKey(label).toLowerCase());
}

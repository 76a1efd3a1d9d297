/** Invisible characters: format characters and the like, but not the tags in emoji flags. */
const unseen = /(?![\u{e0020}-\u{e007f}])[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** A decimal number; with a leading 0, such as `01`, it is a code instead. */
const numeral = /^([+-]?)(?:(0|[1-9]\d*)(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d{1,6}))?$/i;

/** A text without invisible characters, with white space collapsed and trimmed. */
export function seenText(text: string): string {
  return text.replaceAll(unseen, "").replaceAll(/\s+/gu, " ").trim();
}

/**
 * A label as it is shown and returned: as written, without invisible characters except those that shape
 * their neighbours, as in Persian words and in emoji.
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
 * A key that is equal for labels that mean the same: compatibility forms unified (NFKC), invisible
 * characters removed, white space collapsed, and decimal numbers by exact value (`1`, `+1`, `1.0`,
 * `1e0`; `01` is a different code). Case counts. Empty for a label without a visible character.
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

/** Words for a missing value in other programs' tables, in lower case. */
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

/** Whether a label is a word that other programs write for a missing value. */
export function looksMissing(label: string): boolean {
  return standsForNothing.has(labelKey(label).toLowerCase());
}

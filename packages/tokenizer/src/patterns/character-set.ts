import { characterClass, whiteSpace } from "./character-class.ts";
import { letter, number } from "./unicode-tables.ts";

/** Whether a code point belongs to a set of characters. */
export type CharacterSet = (codePoint: number) => boolean;

/** The set of characters in a regular expression's class, `[...]` with the flag `u`; answers are cached. */
export function classSet(inside: string): CharacterSet {
  const pattern = new RegExp(`^[${inside}]$`, "u");
  return remembered((c) => pattern.test(String.fromCodePoint(c)));
}

/** The same set with cached answers, in pages of 256 neighbours. */
export function remembered(has: CharacterSet): CharacterSet {
  const pages = new Map<number, Uint8Array>();
  let lastPage = -1;
  let last: Uint8Array = new Uint8Array(256);
  return (c) => {
    const page = c >>> 8;
    if (page !== lastPage) {
      let kept = pages.get(page);
      if (kept === undefined) pages.set(page, (kept = new Uint8Array(256)));
      last = kept;
      lastPage = page;
    }
    let answer = last[c & 255] ?? 0;
    if (answer === 0) last[c & 255] = answer = has(c) ? 1 : 2;
    return answer === 1;
  };
}

/** Any character but those of a set. */
export function not(set: CharacterSet): CharacterSet {
  return (c) => !set(c);
}

/** Oniguruma's `\w`. */
const word = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\xb2\xb3\xb9\xbc-\xbe`;

/** What `\w`, `\d`, `\s` and `\h` stand for. */
export const shorthands: Readonly<Record<string, CharacterSet>> = {
  w: classSet(word),
  d: classSet(String.raw`\p{Nd}`),
  s: classSet(whiteSpace),
  h: classSet("0-9A-Fa-f"),
};

/** Names that Oniguruma defines differently from JavaScript, or that JavaScript lacks. */
const ownProperties: Readonly<Record<string, string>> = {
  l: characterClass(letter),
  letter: characterClass(letter),
  n: characterClass(number),
  number: characterClass(number),
  word,
  alnum: String.raw`\p{Alphabetic}\p{Nd}`,
  digit: String.raw`\p{Nd}`,
  space: whiteSpace,
  blank: String.raw`\t\p{Zs}`,
  cntrl: String.raw`\p{Cc}`,
  xdigit: "0-9A-Fa-f",
  upper: String.raw`\p{Uppercase}`,
  lower: String.raw`\p{Lowercase}`,
  any: String.raw`\u{0}-\u{10ffff}`,
};

const properties = new Map<string, CharacterSet | undefined>();

/** What `\p{NAME}` stands for, a category, a script or a property; undefined if there is no such. */
export function propertySet(name: string): CharacterSet | undefined {
  const known = name.toLowerCase();
  if (!properties.has(known)) properties.set(known, findProperty(name));
  return properties.get(known);
}

function findProperty(name: string): CharacterSet | undefined {
  const own = ownProperties[name.toLowerCase()];
  if (own !== undefined) return classSet(own);
  if (!/^[A-Za-z_]+$/.test(name)) return undefined;
  const title = name.replace(
    /(^|_)([a-z])/g,
    (_, before: string, c: string) => before + c.toUpperCase(),
  );
  for (const inside of [name, title, `Script=${name}`, `Script=${title}`]) {
    try {
      return classSet(`\\p{${inside}}`);
    } catch {
      // JavaScript has no property of this name.
    }
  }
  return undefined;
}

/** What `[:NAME:]` stands for in a class; undefined if unknown. */
export function posixSet(name: string): CharacterSet | undefined {
  if (name === "punct") return classSet(String.raw`\p{P}\p{S}`);
  return posixNames.has(name) ? propertySet(name) : undefined;
}

const posixNames = new Set(
  "alpha digit alnum upper lower space blank cntrl word xdigit".split(" "),
);

/** A set that ignores case. */
export function eitherCase(set: CharacterSet): CharacterSet {
  return (c) => {
    if (set(c)) return true;
    const text = String.fromCodePoint(c);
    const upper = text.toUpperCase();
    const forms = [upper, text.toLowerCase(), upper.toLowerCase()];
    return forms.some((form) => {
      const other = form.codePointAt(0) ?? c;
      return String.fromCodePoint(other) === form && set(other);
    });
  };
}

/** The set of one character, with `ignoreCase` in either case. */
export function characterSetOf(codePoint: number, ignoreCase: boolean): CharacterSet {
  if (!ignoreCase) return (c) => c === codePoint;
  const folded = fold(codePoint);
  return remembered((c) => fold(c) === folded);
}

/** Simple case folding. */
function fold(codePoint: number): number {
  const folded = String.fromCodePoint(codePoint).toUpperCase().toLowerCase();
  const one = folded.codePointAt(0) ?? codePoint;
  return String.fromCodePoint(one) === folded ? one : codePoint;
}

import {
  characterSetOf,
  type CharacterSet,
  eitherCase,
  not,
  posixSet,
  propertySet,
  remembered,
  shorthands,
} from "./character-set.ts";

/** Where a position must be: `^`, `$`, `\A`, `\z`, `\Z`, `\b`, `\B`. */
export type Place = "^" | "$" | "A" | "z" | "Z" | "b" | "B";

/** A regular expression as a tree. */
export type PatternNode =
  | { type: "character"; set: CharacterSet }
  | { type: "sequence"; parts: PatternNode[] }
  | { type: "choice"; options: PatternNode[] }
  | { type: "repeat"; of: PatternNode; least: number; most: number; lazy: boolean }
  /** Matched once, without backtracking into it. */
  | { type: "atomic"; of: PatternNode }
  | { type: "look"; of: PatternNode; behind: boolean; negated: boolean }
  | { type: "place"; at: Place };

const longestPattern = 10_000;
const deepest = 50;

const controls: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  f: 12,
  v: 11,
  a: 7,
  e: 27,
};

/**
 * Parses a regular expression in the syntax of Oniguruma (Ruby's), which a `tokenizer.json` uses; only
 * the parts of it that tokenizers need.
 *
 * An unbounded repetition inside another, or of something that may be empty, is refused: `(a+)+` can
 * match in exponentially many ways, and no published tokenizer needs one.
 *
 * @throws SyntaxError that says what is wrong or not supported, and at which character
 * Source: Oniguruma 6.9, `doc/RE`; behaviour checked against Hugging Face tokenizers 0.23.
 */
export function parsePattern(source: string): PatternNode {
  if (source.length > longestPattern) {
    throw new SyntaxError(`expected at most ${longestPattern} characters, got ${source.length}`);
  }
  let at = 0;
  let depth = 0;

  const fail = (why: string): SyntaxError => new SyntaxError(`${why} at character ${at}`);
  const eat = (text: string): boolean => {
    if (!source.startsWith(text, at)) return false;
    at += text.length;
    return true;
  };
  const matched = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source) ?? undefined;
    if (found !== undefined) at += found[0].length;
    return found;
  };
  const character = (): number => {
    const codePoint = source.codePointAt(at);
    if (codePoint === undefined) throw fail("unexpected end");
    at += codePoint > 0xffff ? 2 : 1;
    return codePoint;
  };
  const deeper = <T>(read: () => T): T => {
    if (++depth > deepest) throw fail(`groups nested deeper than ${deepest}`);
    const found = read();
    depth--;
    return found;
  };

  const choice = (ignoreCase: boolean): PatternNode => {
    const options = [sequence(ignoreCase)];
    while (eat("|")) options.push(sequence(ignoreCase));
    const [only] = options;
    return only !== undefined && options.length === 1 ? only : { type: "choice", options };
  };

  const sequence = (ignoreCase: boolean): PatternNode => {
    const parts: PatternNode[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") {
      if (eat("(?i)")) parts.push(deeper(() => choice(true)));
      else if (eat("(?-i)")) parts.push(deeper(() => choice(false)));
      else parts.push(repeated(atom(ignoreCase)));
    }
    return { type: "sequence", parts };
  };

  const atom = (ignoreCase: boolean): PatternNode => {
    if (eat("(")) return group(ignoreCase);
    if (eat("[")) return { type: "character", set: remembered(set(ignoreCase)) };
    if (eat(".")) return { type: "character", set: (c) => c !== 10 };
    if (eat("^")) return { type: "place", at: "^" };
    if (eat("$")) return { type: "place", at: "$" };
    const place = matched(/\\([AzZbB])/y)?.[1];
    if (place !== undefined) return { type: "place", at: place as Place };
    if (/[*+?]/.test(source[at] ?? "")) throw fail("nothing to repeat");
    const found = source[at] === "\\" ? escape() : character();
    return {
      type: "character",
      set: typeof found === "number" ? characterSetOf(found, ignoreCase) : found,
    };
  };

  const group = (ignoreCase: boolean): PatternNode => {
    const kind = matched(/\?(?:-i:|i:|[:>=!]|<[=!]|<[A-Za-z_]\w*>)|(?!\?)/y)?.[0];
    if (kind === undefined) throw fail("a group of a kind that is not known here");
    const inner = kind === "?i:" || (kind !== "?-i:" && ignoreCase);
    const of = deeper(() => choice(inner));
    if (!eat(")")) throw fail("expected )");
    if (kind === "?>") return { type: "atomic", of };
    if (!/^\?<?[=!]$/.test(kind)) return of;
    const behind = kind.startsWith("?<");
    if (behind && of.type !== "sequence") throw fail("a choice behind is not known here");
    if (behind && widthOf(of) !== 1) throw fail("more than one character behind is not known here");
    return { type: "look", of, behind, negated: kind.endsWith("!") };
  };

  const repeated = (node: PatternNode): PatternNode => {
    let of = node;
    for (;;) {
      const simple = matched(/[*+?]/y)?.[0];
      const range = simple === undefined ? matched(/\{(?:(\d+)(,(\d*))?|,(\d+))\}/y) : undefined;
      if (simple === undefined && range === undefined) return of;
      const least = simple === "+" ? 1 : Number(range?.[1] ?? 0);
      const most = simple === undefined ? mostOf(range, least) : simple === "?" ? 1 : Infinity;
      if (least > most) throw fail(`a repetition of ${least} to ${most} times`);
      if (most === Infinity) checkEndless(of, fail);
      const repeat = { type: "repeat", of, least, most, lazy: false } as const;
      if (simple !== undefined && eat("+")) of = { type: "atomic", of: repeat };
      // After a fixed number, Ruby reads ? as another repetition.
      else if ((simple !== undefined || least !== most) && eat("?")) of = { ...repeat, lazy: true };
      else of = repeat;
    }
  };

  /** What `\...` stands for: a character, or a set. */
  const escape = (): number | CharacterSet => {
    at++;
    const property = matched(/([pP])\{(\^?)([^}]*)\}/y);
    if (property !== undefined) {
      const [, p, caret, name = ""] = property;
      const found = propertySet(name);
      if (found === undefined) throw fail(`no property \\p{${name}} is known here`);
      return (p === "P") !== (caret === "^") ? not(found) : found;
    }
    const hex = matched(/x\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})/y);
    if (hex !== undefined) return Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? "", 16);
    const next = character();
    if (next > 0x7f) return next;
    const name = String.fromCharCode(next);
    const found = shorthands[name.toLowerCase()];
    if (found !== undefined) return name === name.toLowerCase() ? found : not(found);
    const control = controls[name];
    if (control !== undefined) return control;
    if (/[A-Za-z0-9]/.test(name)) throw fail(`\\${name} is not known here`);
    return next;
  };

  /** The rest of a class, after its `[`. */
  const set = (ignoreCase: boolean): CharacterSet => {
    const negated = eat("^");
    const both: CharacterSet[] = [];
    do both.push(deeper(() => union(ignoreCase)));
    while (eat("&&"));
    if (!eat("]")) throw fail("expected ]");
    const [only] = both;
    const found: CharacterSet =
      only !== undefined && both.length === 1 ? only : (c) => both.every((s) => s(c));
    return negated ? not(found) : found;
  };

  const union = (ignoreCase: boolean): CharacterSet => {
    const sets: CharacterSet[] = [];
    const first = at;
    while (at < source.length && !source.startsWith("&&", at)) {
      if (source[at] === "]" && at > first) break;
      if (source[at] === "]" && source[at - 1] !== "[" && source[at - 1] !== "^") break;
      const posix = matched(/\[:(\^?)([a-z]+):\]/y);
      if (posix !== undefined) {
        const found = posixSet(posix[2] ?? "");
        if (found === undefined) throw fail(`no class ${posix[0]} is known here`);
        sets.push(posix[1] === "^" ? not(found) : found);
      } else if (eat("[")) {
        sets.push(deeper(() => set(ignoreCase)));
      } else {
        sets.push(member(ignoreCase));
      }
    }
    if (sets.length === 0) throw fail("an empty class");
    return (c) => sets.some((s) => s(c));
  };

  /** A character of a class, a range of them, or a set. */
  const member = (ignoreCase: boolean): CharacterSet => {
    const first = source[at] === "\\" ? escape() : character();
    if (typeof first !== "number") return ignoreCase ? eitherCase(first) : first;
    if (matched(/-(?!\]|\[|&&)/y) === undefined) return characterSetOf(first, ignoreCase);
    const last = source[at] === "\\" ? escape() : character();
    if (typeof last !== "number" || last < first) throw fail("a range without an end");
    const range: CharacterSet = (c) => c >= first && c <= last;
    return ignoreCase ? eitherCase(range) : range;
  };

  const node = choice(false);
  if (at < source.length) throw fail("unexpected )");
  return node;
}

function mostOf(range: RegExpExecArray | undefined, least: number): number {
  const [, , comma, given, upTo] = range ?? [];
  if (upTo !== undefined) return Number(upTo);
  if (comma === undefined) return least;
  return given === undefined || given === "" ? Infinity : Number(given);
}

function checkEndless(node: PatternNode, fail: (why: string) => SyntaxError): void {
  if (isEndless(node)) {
    throw fail("a repetition without end inside of another, which may take exponential time,");
  }
  if (mayBeEmpty(node)) throw fail("a repetition without end of what may be empty");
}

function isEndless(node: PatternNode): boolean {
  switch (node.type) {
    case "repeat":
      return node.most === Infinity || isEndless(node.of);
    case "sequence":
      return node.parts.some(isEndless);
    case "choice":
      return node.options.some(isEndless);
    case "atomic":
    case "look":
      return isEndless(node.of);
    default:
      return false;
  }
}

function mayBeEmpty(node: PatternNode): boolean {
  switch (node.type) {
    case "character":
      return false;
    case "sequence":
      return node.parts.every(mayBeEmpty);
    case "choice":
      return node.options.some(mayBeEmpty);
    case "repeat":
      return node.least === 0 || mayBeEmpty(node.of);
    case "atomic":
      return mayBeEmpty(node.of);
    default:
      return true;
  }
}

/** The fixed number of characters that a sequence matches; undefined if it varies. */
function widthOf(node: PatternNode): number | undefined {
  if (node.type === "character") return 1;
  if (node.type === "look" || node.type === "place") return 0;
  if (node.type !== "sequence") return undefined;
  return node.parts.reduce<number | undefined>((sum, part) => {
    const width = widthOf(part);
    return sum === undefined || width === undefined ? undefined : sum + width;
  }, 0);
}

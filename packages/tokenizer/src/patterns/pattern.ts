import { z } from "zod";
import { type CharacterSet, shorthands } from "./character-set.ts";
import { parsePattern, type PatternNode, type Place } from "./pattern-syntax.ts";

/** A pattern in Oniguruma's syntax, or a literal text. */
export type PatternConfig = { Regex: string } | { String: string };

/** The schema of a pattern in a `tokenizer.json`. */
export const patternSchema: z.ZodType<PatternConfig> = z.union([
  z.object({ Regex: z.string() }),
  z.object({ String: z.string() }),
]);

/** Where a pattern matches, from the left, without overlaps; an empty match has `begin === end`. */
export type Matches = (text: string) => Iterable<{ begin: number; end: number }>;

/**
 * A matcher with bounded time for patterns from an untrusted `tokenizer.json`.
 *
 * JavaScript's engine backtracks: it takes exponential time on `(a+)+$`, quadratic time on `\s+$`, and
 * cannot be stopped from its own thread; Node's `vm` could, but browsers have none. A list of published
 * patterns would miss the next one. This matcher is small, because a tokenizer only needs where a match
 * starts and ends: it backtracks, but remembers at which positions each choice has failed and never
 * tries it there again, so its time is linear in the text. Atomic groups and look-aheads remember
 * nothing; therefore the number of steps is limited too, and past the limit it throws.
 *
 * @param where names the file's field in errors
 * @throws TypeError if the pattern cannot be parsed or is too long; the function throws a RangeError if
 *   it takes too many steps
 * Source: the bit-state matcher of RE2, Russ Cox, "Regular Expression Matching in the Wild".
 */
export function patternMatches(config: PatternConfig, where: string): Matches {
  if ("String" in config && config.String !== "") {
    return (text) => occurrences(text, config.String);
  }
  const source = "String" in config ? "" : config.Regex;
  const shown = JSON.stringify(source.slice(0, 100));
  let program: Program;
  try {
    program = compile(parsePattern(source));
  } catch (cause) {
    // The parser and the compiler throw SyntaxErrors.
    throw new TypeError(
      `${where}: expected a regular expression that is supported here, got ${shown}: ${(cause as Error).message}`,
      { cause },
    );
  }
  return (text) => run(program, text, `${where}: ${shown}`);
}

function* occurrences(text: string, part: string): Generator<{ begin: number; end: number }> {
  for (let begin = text.indexOf(part); begin !== -1;) {
    const end = begin + part.length;
    yield { begin, end };
    begin = text.indexOf(part, end);
  }
}

type Step =
  | { op: "character"; set: CharacterSet }
  /** Continues at the first position or, if that fails, at the second. */
  | { op: "split"; first: number; second: number; choice: number }
  | { op: "jump"; to: number }
  | { op: "look"; steps: Step[]; behind: boolean; negated: boolean }
  | { op: "atomic"; steps: Step[] }
  | { op: "place"; at: Place }
  | { op: "match" };

interface Program {
  steps: Step[];
  choices: number;
}

const longestProgram = 2000;

function compile(node: PatternNode): Program {
  let size = 0;
  let choices = 0;

  const emit = <S extends Step>(steps: Step[], step: S): S => {
    if (++size > longestProgram) {
      throw new SyntaxError(`too long, over ${longestProgram} steps with its repetitions`);
    }
    steps.push(step);
    return step;
  };
  const split = (steps: Step[]) =>
    emit(steps, { op: "split", first: 0, second: 0, choice: choices++ });

  const write = (of: PatternNode, steps: Step[]): void => {
    switch (of.type) {
      case "character":
        emit(steps, { op: "character", set: of.set });
        return;
      case "place":
        emit(steps, { op: "place", at: of.at });
        return;
      case "sequence":
        for (const part of of.parts) write(part, steps);
        return;
      case "look":
        emit(steps, { op: "look", steps: whole(of.of), behind: of.behind, negated: of.negated });
        return;
      case "atomic":
        emit(steps, { op: "atomic", steps: whole(of.of) });
        return;
      case "choice": {
        const ends = of.options.map((option, i) => {
          const last = i === of.options.length - 1;
          const fork = last ? undefined : split(steps);
          if (fork !== undefined) fork.first = steps.length;
          write(option, steps);
          const end = last ? undefined : emit(steps, { op: "jump", to: 0 });
          if (fork !== undefined) fork.second = steps.length;
          return end;
        });
        for (const end of ends) if (end !== undefined) end.to = steps.length;
        return;
      }
      case "repeat":
        repeat(of, steps);
    }
  };

  const repeat = (of: Extract<PatternNode, { type: "repeat" }>, steps: Step[]): void => {
    for (let i = 0; i < of.least; i++) write(of.of, steps);
    const endless = of.most === Infinity;
    const forks = [];
    for (let i = of.least; i < (endless ? of.least + 1 : of.most); i++) {
      const at = steps.length;
      forks.push(split(steps));
      write(of.of, steps);
      if (endless) emit(steps, { op: "jump", to: at });
      const fork = steps[at];
      if (fork?.op === "split") fork.first = at + 1;
    }
    for (const fork of forks) {
      fork.second = steps.length;
      if (of.lazy) [fork.first, fork.second] = [fork.second, fork.first];
    }
  };

  const whole = (of: PatternNode): Step[] => {
    const steps: Step[] = [];
    write(of, steps);
    emit(steps, { op: "match" });
    return steps;
  };
  const steps = whole(node);
  return { steps, choices };
}

/** The most steps per character of a text, and the length that a shorter text counts as. */
const stepsPerCharacter = 200;
const shortest = 10_000;
/** The most bytes of memory for failed choices. */
const memoryLimit = 2 ** 27;

function* run(
  { steps, choices }: Program,
  text: string,
  where: string,
): Generator<{ begin: number; end: number }> {
  const n = text.length;
  // Like Hugging Face's library, find no match in an empty text.
  if (n === 0) return;
  let left = stepsPerCharacter * (n + shortest);
  // A row of bits for each position, a bit for each choice that was tried there and failed.
  const row = (choices + 7) >> 3;
  const failed = row * (n + 1) <= memoryLimit ? new Uint8Array(row * (n + 1)) : undefined;

  /** The end of the match that starts at `from`; -1 if there is none. */
  const match = (
    program: readonly Step[],
    from: number,
    memory: Uint8Array | undefined,
  ): number => {
    const stack: number[] = [];
    let pc = 0;
    let at = from;
    for (;;) {
      if (--left < 0) {
        throw new RangeError(
          `${where} takes more than ${stepsPerCharacter} steps for each character of a text`,
        );
      }
      const step = program[pc++];
      let ok = true;
      switch (step?.op) {
        case "character": {
          const c = text.codePointAt(at);
          ok = c !== undefined && step.set(c);
          if (ok && c !== undefined) at += c > 0xffff ? 2 : 1;
          break;
        }
        case "split": {
          if (memory !== undefined) {
            const index = row * at + (step.choice >> 3);
            const bit = 1 << (step.choice & 7);
            const bits = memory[index] ?? 0;
            if ((bits & bit) !== 0) {
              ok = false;
              break;
            }
            memory[index] = bits | bit;
          }
          stack.push(step.second, at);
          pc = step.first;
          break;
        }
        case "jump":
          pc = step.to;
          break;
        case "place":
          ok = isAt(step.at, text, at);
          break;
        case "look": {
          const start = step.behind ? before(text, at) : at;
          const end = start < 0 ? -1 : match(step.steps, start, undefined);
          ok = (end !== -1) !== step.negated;
          break;
        }
        case "atomic": {
          const end = match(step.steps, at, undefined);
          ok = end !== -1;
          if (ok) at = end;
          break;
        }
        default:
          return at;
      }
      if (ok) continue;
      const place = stack.pop();
      const next = stack.pop();
      if (place === undefined || next === undefined) return -1;
      at = place;
      pc = next;
    }
  };

  let last = -1;
  for (let begin = 0; begin <= n;) {
    const end = match(steps, begin, failed);
    // An empty match may not touch the one before.
    if (end === -1 || (end === begin && end === last)) {
      begin += (text.codePointAt(begin) ?? 0) > 0xffff ? 2 : 1;
      continue;
    }
    yield { begin, end };
    last = end;
    // What was tried here did not fail.
    failed?.fill(0, row * end, row * (end + 1));
    begin = end > begin ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
}

/** Where the character before a position starts; -1 if there is none. */
function before(text: string, at: number): number {
  if (at === 0) return -1;
  const low = text.charCodeAt(at - 1);
  const pair = (low & 0xfc00) === 0xdc00 && at > 1;
  return pair && (text.charCodeAt(at - 2) & 0xfc00) === 0xd800 ? at - 2 : at - 1;
}

function isAt(place: Place, text: string, at: number): boolean {
  const n = text.length;
  switch (place) {
    case "A":
      return at === 0;
    case "z":
      return at === n;
    case "^":
      return at === 0 || (text[at - 1] === "\n" && at < n);
    case "$":
      return at === n || text[at] === "\n";
    case "Z":
      return at === n || (at === n - 1 && text[at] === "\n");
    default:
      return (isWord(text, before(text, at)) !== isWord(text, at)) === (place === "b");
  }
}

function isWord(text: string, at: number): boolean {
  const c = at < 0 ? undefined : text.codePointAt(at);
  return c !== undefined && shorthands["w"]?.(c) === true;
}

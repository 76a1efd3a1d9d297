import type { ScoredPiece } from "./unigram.ts";

/** A vocabulary: token -> id. */
export type Vocabulary = ReadonlyMap<string, number>;

/** The largest int32: ids are stored as int32, and encoders read int32. */
const largestId = 2 ** 31 - 1;

/**
 * Checks a vocabulary from JSON: each token has an id from 0, and no id occurs twice.
 *
 * @param where names it in errors
 */
export function parseVocabulary(value: unknown, where: string): Vocabulary {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${where}: expected an object of ids by token, got ${shown(value)}`);
  }
  const tokens = new Map<unknown, string>();
  for (const [token, id] of Object.entries(value)) {
    if (!Number.isSafeInteger(id) || id < 0 || id > largestId) {
      throw new TypeError(`${where}: expected an id for ${shown(token)}, got ${shown(id)}`);
    }
    const other = tokens.get(id);
    if (other !== undefined) {
      throw new RangeError(
        `${where}: expected a different id for each token, got ${id} for ${shown(other)} and ${shown(token)}`,
      );
    }
    tokens.set(id, token);
  }
  return new Map(Object.entries(value));
}

/** The tokens that a merge joins. */
export type Merge = readonly [left: string, right: string];

/**
 * Checks merges from JSON, each `"LEFT RIGHT"` or `["LEFT", "RIGHT"]`.
 *
 * @param where names them in errors
 * @param firstLine where in the file the first of them stands
 */
export function parseMerges(value: unknown, where: string, firstLine = 1): Merge[] {
  return list(value, where, "merges").map((merge, i) => {
    const parts: unknown = typeof merge === "string" ? merge.split(" ") : merge;
    const [left, right, more] = Array.isArray(parts) ? (parts as unknown[]) : [];
    if (typeof left === "string" && typeof right === "string" && more === undefined) {
      return [left, right];
    }
    throw new RangeError(
      `${where}: line ${i + firstLine}: expected two tokens separated by a blank, got ${shown(merge)}`,
    );
  });
}

/**
 * Checks the pieces of a Unigram model from JSON, each `["PIECE", SCORE]`.
 *
 * @param where names them in errors
 */
export function parseScoredPieces(value: unknown, where: string): ScoredPiece[] {
  const pieces = list(value, where, "pieces");
  if (pieces.length === 0) throw new RangeError(`${where}: expected pieces, got none`);
  return pieces.map((pair, id) => {
    const [piece, score] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof piece !== "string" || typeof score !== "number" || !Number.isFinite(score)) {
      throw new TypeError(`${where}.${id}: expected a piece and its score, got ${shown(pair)}`);
    }
    return [piece, score];
  });
}

function list(value: unknown, where: string, what: string): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw new TypeError(`${where}: expected a list of ${what}, got ${shown(value)}`);
}

/**
 * Checks that each merge joins two tokens of a vocabulary to a third.
 *
 * @param where names the merges in errors
 * @param firstLine where in the file the first of them stands
 */
export function checkMerges(
  merges: readonly Merge[],
  vocabulary: Vocabulary,
  where: string,
  firstLine = 1,
): void {
  merges.forEach(([left, right], i) => {
    const missing = [left, right, left + right].find((token) => !vocabulary.has(token));
    if (missing !== undefined) {
      throw new RangeError(
        `${where}: line ${i + firstLine}: expected two tokens that join to a third, got ${shown(`${left} ${right}`)}, where ${shown(missing)} is not in the vocabulary`,
      );
    }
  });
}

/** A value as errors quote it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80)).slice(0, 80);
  if (typeof value !== "object" || value === null) return String(value);
  return JSON.stringify(value, (key, inner: unknown) =>
    key === "" || typeof inner !== "object" ? inner : "...",
  ).slice(0, 80);
}

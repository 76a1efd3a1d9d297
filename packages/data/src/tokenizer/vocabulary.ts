/** A vocabulary: token -> id. */
export type Vocabulary = ReadonlyMap<string, number>;

/**
 * Checks a vocabulary as JSON has it: an id, from 0, for each token, and none twice.
 *
 * @param where names it in errors
 */
export function parseVocabulary(value: unknown, where: string): Vocabulary {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${where}: expected an object of ids by token, got ${shown(value)}`);
  }
  const tokens = new Map<unknown, string>();
  for (const [token, id] of Object.entries(value)) {
    if (!Number.isSafeInteger(id) || id < 0) {
      throw new TypeError(`${where}: expected an id for ${shown(token)}, got ${shown(id)}`);
    }
    const other = tokens.get(id);
    if (other !== undefined) {
      throw new RangeError(
        `${where}: expected an id of its own for each token, got ${id} for ${shown(other)} and ${shown(token)}`,
      );
    }
    tokens.set(id, token);
  }
  return new Map(Object.entries(value));
}

/**
 * Checks that each merge joins two tokens of a vocabulary to a third.
 *
 * @param where names the merges in errors
 * @param firstLine where in the file the first of them stands
 */
export function checkMerges(
  merges: readonly (string | readonly string[])[],
  vocabulary: Vocabulary,
  where: string,
  firstLine = 1,
): void {
  merges.forEach((merge, i) => {
    const [left, right, ...more] = typeof merge === "string" ? merge.split(" ") : merge;
    const at = `${where}: line ${i + firstLine}`;
    if (left === undefined || right === undefined || more.length > 0) {
      throw new RangeError(`${at}: expected two tokens with a blank between, got ${shown(merge)}`);
    }
    const missing = [left, right, left + right].find((token) => !vocabulary.has(token));
    if (missing !== undefined) {
      throw new RangeError(
        `${at}: expected two tokens that join to a third, got ${shown(merge)}, where ${shown(missing)} is not in the vocabulary`,
      );
    }
  });
}

/** As an error quotes it. */
export function shown(value: unknown): string {
  return (JSON.stringify(value) ?? typeof value).slice(0, 80);
}

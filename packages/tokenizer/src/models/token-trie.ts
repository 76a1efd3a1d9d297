import { pairMap } from "./pair-map.ts";

/** Tokens by their UTF-16 units, one after another: what is found costs one step a unit. */
export interface TokenTrie {
  /** The node behind `node` (the root is 0) after a unit; -1 if no token goes on so. */
  next(node: number, unit: number): number;
  /** The node at the end of a text from the root; -1 if no token begins with it. */
  find(text: string): number;
  /** The value of the token that ends at a node; -1 if none does. */
  valueAt(node: number): number;
}

/**
 * No token may be longer, in UTF-16 units. At each place of a text up to that many units are
 * compared, so that the limit keeps the time linear in the text whatever the vocabulary. Published
 * vocabularies stay under 300.
 */
const longestToken = 1000;

/**
 * @param tokens with a value of 0 or more each; of one that is there twice the last counts, and the
 *   empty one is left out
 * @param where names the tokens in errors
 * @throws RangeError if one is longer than 1,000 characters
 */
export function tokenTrie(
  tokens: Iterable<readonly [token: string, value: number]>,
  where: string,
): TokenTrie {
  const children = pairMap(1 << 12);
  const values: number[] = [-1];
  const next = (node: number, unit: number): number => children.get(node, unit);
  for (const [token, value] of tokens) {
    if (token.length > longestToken) {
      throw new RangeError(
        `${where}: expected tokens of at most ${longestToken} characters, got one of ${token.length}, ${JSON.stringify(token.slice(0, 40))}...`,
      );
    }
    let node = 0;
    for (let i = 0; i < token.length; i++) {
      const unit = token.charCodeAt(i);
      let child = next(node, unit);
      if (child === -1) {
        child = values.push(-1) - 1;
        children.set(node, unit, child);
      }
      node = child;
    }
    if (node !== 0) values[node] = value;
  }
  return {
    next,
    find(text) {
      let node = 0;
      for (let i = 0; i < text.length && node !== -1; i++) node = next(node, text.charCodeAt(i));
      return node;
    },
    valueAt: (node) => values[node] ?? -1,
  };
}

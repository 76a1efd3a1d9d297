/** A tokenizer's files are nested 8 deep; much deeper JSON overflows the stack of code that reads it. */
const deepest = 100;

/**
 * Decodes UTF-8.
 *
 * @param where names the file in errors
 * @throws TypeError if they are not UTF-8
 */
export function textOf(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TypeError(`${where}: expected UTF-8, got other bytes; is the file damaged?`, {
      cause,
    });
  }
}

/**
 * Parses JSON.
 *
 * @param where names the file in errors
 * @throws TypeError if it is not JSON; RangeError if it is nested deeper than 100
 */
export function parseJson(text: string, where: string): unknown {
  checkDepth(text, where);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // JSON.parse throws a SyntaxError.
    const why = (cause as Error).message;
    throw new TypeError(
      `${where}: expected JSON, got something else (${why}); is the file damaged?`,
      { cause },
    );
  }
}

function checkDepth(text: string, where: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > deepest)
      throw new RangeError(`${where}: expected JSON of at most ${deepest} levels, got more`);
  }
}

/** The ids of a text, read word by word and only as far as needed. */
export interface IdReader {
  /** The ids read so far. */
  readonly ids: readonly number[];
  /** Whether there are at least `count` ids; reads until it knows. */
  has(count: number): boolean;
  /** Whether any id passes; reads up to the first that does. */
  some(test: (id: number) => boolean): boolean;
}

/** @param words the ids of each word */
export function idReader(words: Iterable<readonly number[]>): IdReader {
  const ids: number[] = [];
  const rest = words[Symbol.iterator]();
  let done = false;
  /** Reads the next word; false at the end. */
  const read = (): boolean => {
    const next = done ? undefined : rest.next();
    done = next?.done !== false;
    if (next?.done === false) for (const id of next.value) ids.push(id);
    return !done;
  };
  return {
    ids,
    has(count) {
      while (ids.length < count && read());
      return ids.length >= count;
    },
    some(test) {
      for (let i = 0; this.has(i + 1); i++) if (test(ids[i] ?? -1)) return true;
      return false;
    },
  };
}

/** The words of a text, in lower case: runs of letters and digits, with the apostrophes inside them. */
export function wordsOf(text: string): string[] {
  // Not one pattern of a repeated group: that overflows the stack on a very long word.
  const runs = text.toLowerCase().match(/[\p{L}\p{N}'’]+/gu) ?? [];
  return runs.flatMap((run) =>
    /['’]/.test(run)
      ? run.split(/['’]{2,}/).flatMap((part) => part.replaceAll(/^['’]|['’]$/g, "") || [])
      : run,
  );
}

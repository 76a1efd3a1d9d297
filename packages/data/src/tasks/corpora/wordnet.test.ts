import { describe, expect, test } from "vitest";
import { parseSenses, parseSynset, readSenses, readSynsets } from "./wordnet.ts";

describe("parseSynset", () => {
  test("reads the words, whose count is hexadecimal, and the parts of the gloss", () => {
    const line =
      '00003553 03 n 02 whole 0 unit 0 002 @ 00002684 n 0000 ~ 03593583 n 0000 | an assemblage of parts; "how big is that part?"; "the team is a unit"  ';
    expect(parseSynset(line, "noun")).toEqual({
      partOfSpeech: "noun",
      offset: "00003553",
      lexicographerFile: 3,
      words: ["whole", "unit"],
      definition: "an assemblage of parts",
      examples: ["how big is that part?", "the team is a unit"],
    });
    const eleven = Array.from({ length: 11 }, (_, i) => `w${i} 0`).join(" ");
    const { words } = parseSynset(`00000001 05 n 0b ${eleven} 000 | a gloss`, "noun");
    expect(words).toHaveLength(11);
    expect(words.at(-1)).toBe("w10");
  });

  test("an adjective's position is not part of the word", () => {
    const line = "00014490 00 s 02 abounding 0 galore(ip) 0 000 | existing in abundance  ";
    expect(parseSynset(line, "adj")).toMatchObject({
      words: ["abounding", "galore"],
      definition: "existing in abundance",
      examples: [],
    });
  });
});

test("parseSenses reads the offsets, and how many are tagged, whatever pointers come before", () => {
  expect(parseSenses("bank n 3 3 @ ~ + 3 2 09213565 08420278 08462066  ")).toEqual({
    word: "bank",
    offsets: ["09213565", "08420278", "08462066"],
    tagged: 2,
  });
});

test("all synsets of WordNet 3.1 are read, in less than two seconds a file", async () => {
  const begin = performance.now();
  const nouns = await readSynsets("noun");
  expect(performance.now() - begin).toBeLessThan(2000);
  expect(nouns).toHaveLength(82_192);
  expect(nouns.filter((s) => s.definition === "")).toEqual([]);
  const counts = await Promise.all(
    (["verb", "adj", "adv"] as const).map(async (pos) => (await readSynsets(pos)).length),
  );
  expect(counts).toEqual([13_789, 18_185, 3625]);
});

test("each sense of a word is a synset that has the word", async () => {
  const synsets = new Map((await readSynsets("adv")).map((s) => [s.offset, s]));
  for (const { word, offsets } of await readSenses("adv"))
    for (const offset of offsets)
      expect(synsets.get(offset)?.words.map((w) => w.toLowerCase())).toContain(word);
});

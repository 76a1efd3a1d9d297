import { describe, expect, test } from "vitest";
import { detokenised, isRunningText, parseTagged, readBrown } from "./brown.ts";

const sentence = (line: string) => ({ document: "ca01", tokens: parseTagged(line) });

describe("parseTagged", () => {
  test("a tag follows the last slash, and a doubled mark occurs once", () => {
    expect(parseTagged("\tOnce/rb and/or/cc twice/rb ;/. ;/. then/rb ?/. ?/.")).toEqual([
      { token: "Once", tag: "rb" },
      { token: "and/or", tag: "cc" },
      { token: "twice", tag: "rb" },
      { token: ";", tag: "." },
      { token: "then", tag: "rb" },
      { token: "?", tag: "." },
    ]);
  });

  test("an empty line has no tokens", () => {
    expect(parseTagged("  ")).toEqual([]);
  });
});

describe("isRunningText", () => {
  test.each([
    ["As/cs we/ppss said/vbd ./.", true],
    ["He/pps left/vbd ./. ''/''", true],
    ["He/pps left/vbd ,/,", false],
    ["(/( He/pps left/vbd ./.", false],
    ["Mayor/nn-hl resigns/vbz-hl ./.-hl", false],
    ["We/ppss define/vb Af/nn ./.", false],
    ["The/at value/nn **zg/nn is/bez small/jj ./.", false],
    ["Then/rb g{t}/nn is/bez defined/vbn ./.", false],
    ["Per/fw-in aspera/fw-nns ./.", false],
  ])("%s: %s", (line, expected) => {
    expect(isRunningText(sentence(line))).toBe(expected);
  });
});

test("detokenised text attaches marks to their words", () => {
  const tokens = "`` Yes '' , he said ( at last ) : `` Go !".split(" ");
  expect(detokenised(tokens)).toBe('"Yes", he said (at last): "Go!');
});

test("the corpus has 500 documents, and its first sentence is the jury's", async () => {
  const sentences = await readBrown();
  expect(new Set(sentences.map((s) => s.document)).size).toBe(500);
  expect(sentences.length).toBe(57_340);
  expect(sentences[0]?.tokens.slice(0, 3)).toEqual([
    { token: "The", tag: "at" },
    { token: "Fulton", tag: "np-tl" },
    { token: "County", tag: "nn-tl" },
  ]);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markdownText, yamlString } from "./escape.ts";

describe("yamlString", () => {
  it("is JSON without the characters that YAML forbids or breaks lines at", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const scalar = yamlString(text);
        expect(JSON.parse(scalar)).toBe(text);
        expect(scalar).toMatch(/^"[^\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]*"$/u);
      }),
    );
    expect(yamlString('a: "b" # c\n- d\u2028\u0085')).toBe(
      String.raw`"a: \"b\" # c\n- d\u2028\u0085"`,
    );
  });
});

describe("markdownText", () => {
  it.each([
    ["plain words, 2.5 of them (so-so)", "plain words, 2.5 of them (so-so)"],
    ["a|b*c*_d_`e`", String.raw`a\|b\*c\*\_d\_\`e\``],
    ["<script>[x](y)&amp;", String.raw`\<script\>\[x\](y)\&amp;`],
    ["two\n\nlines\t", "two lines "],
    ["# no heading", String.raw`\# no heading`],
    ["- no list", String.raw`\- no list`],
    ["1. no list", String.raw`1\. no list`],
    ["0.5", "0.5"],
    ["a\\b", String.raw`a\\b`],
  ])("%j is %s", (text, markdown) => {
    expect(markdownText(text)).toBe(markdown);
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseYaml, readYaml } from "./yaml-source.ts";

describe("parseYaml", () => {
  test("a mistake in the YAML is an error with its line", () => {
    expect(() => parseYaml("a: 1\nb: [1, 2\nc: 3\n", "p.yaml")).toThrow(/^p\.yaml:\d: /);
    expect(() => parseYaml("a: 1\na: 2\n", "p.yaml")).toThrow(/^p\.yaml:2: .*unique/);
  });

  const ten = (name: string) => `[${Array.from({ length: 10 }, () => name).join()}]`;
  test.each([
    ["an alias without an anchor", "a: 1\nb: *x\n", /^p\.yaml:2: the alias \*x has no anchor; put/],
    [
      "an alias inside its own anchor",
      "a: &x\n  b: *x\n",
      /^p\.yaml:2: the alias \*x .* contains it/,
    ],
    [
      "aliases that multiply",
      `a: &a ${ten("x")}\nb: &b ${ten("*a")}\nc: &c ${ten("*b")}\nd: ${ten("*c")}\n`,
      /^p\.yaml:2: its aliases .*; use fewer$/,
    ],
    [
      "a second document",
      "a: 1\n---\nb: 2\n",
      /^p\.yaml:2: expected one YAML document, got a second;/,
    ],
  ])("%s is an error with its line", (_, text, message) => {
    expect(() => parseYaml(text, "p.yaml")).toThrow(message);
  });

  test("an alias has its anchor's value", () => {
    expect(parseYaml("a: &x [1, 2]\nb: *x\n", "p.yaml").value).toEqual({ a: [1, 2], b: [1, 2] });
  });

  test("finds the line of keys, list items and missing values", () => {
    const { at } = parseYaml("a:\n  b: 1\n  c:\n    - x\n    - y\n", "p.yaml");
    expect(at(["a", "c"])).toBe("p.yaml:3");
    expect(at(["a", "c", 1])).toBe("p.yaml:5");
    expect(at(["a", "c", "y"])).toBe("p.yaml:5");
    expect(at(["a", "none", "deeper"])).toBe("p.yaml:1");
    expect(at(["none"])).toBe("p.yaml");
  });

  test("reads 5e-5 as a number and off as a word", () => {
    expect(parseYaml("{ learningRate: 5e-5, maxGradientNorm: off }", "p.yaml").value).toEqual({
      learningRate: 0.00005,
      maxGradientNorm: "off",
    });
  });
});

describe("readYaml", () => {
  test("a file that is missing or not UTF-8 is an error that names it", async () => {
    const dir = await mkdtemp(join(tmpdir(), "yaml-"));
    onTestFinished(() => rm(dir, { recursive: true }));
    const file = join(dir, "p.yaml");
    await expect(readYaml(file, "p.yaml")).rejects.toThrow(/^p\.yaml: cannot be read \(ENOENT/);
    await writeFile(file, Buffer.from("title: caf\xe9\n", "latin1"));
    await expect(readYaml(file, "p.yaml")).rejects.toThrow(/^p\.yaml: not UTF-8/);
  });
});

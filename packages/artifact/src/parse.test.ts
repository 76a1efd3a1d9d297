import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parse } from "./parse.ts";

const schema = z.strictObject({
  epochs: z.int().positive().default(3),
  learningRate: z.number().optional(),
  method: z.enum(["early-exit", "sweet"]),
  cells: z.array(z.strictObject({ name: z.string(), seeds: z.array(z.int()) })).default([]),
  tasks: z.record(z.string(), z.strictObject({ file: z.string() })).optional(),
  source: z
    .union([z.enum(["amazon", "yelp"]), z.strictObject({ file: z.string(), label: z.string() })])
    .default("amazon"),
});

function problem(value: unknown): string {
  try {
    parse(schema, value, "pipeline.yaml");
  } catch (error) {
    return error instanceof TypeError ? error.message : String(error);
  }
  return "none";
}

describe("parse", () => {
  it("fills defaults in", () => {
    expect(parse(schema, { method: "sweet" }, "here")).toEqual({
      epochs: 3,
      method: "sweet",
      cells: [],
      source: "amazon",
    });
  });

  it("suggests the nearest known key for an unknown one", () => {
    expect(problem({ method: "sweet", epoch: 3 })).toBe(
      'pipeline.yaml: unknown key "epoch", did you mean "epochs"? (known: epochs, learningRate, method, cells, tasks, source)',
    );
    expect(problem({ method: "sweet", lerningRate: 1, sauce: 1 })).toMatch(
      /"lerningRate", did you mean "learningRate"\?.*; unknown key "sauce", did you mean "source"\?/,
    );
  });

  it("does so inside arrays, records and unions", () => {
    expect(problem({ method: "sweet", cells: [{ nam: "a", name: "b", seeds: [] }] })).toBe(
      'pipeline.yaml: unknown key "cells.0.nam", did you mean "name"? (known: name, seeds)',
    );
    expect(problem({ method: "sweet", tasks: { mine: { file: "a", fle: "b" } } })).toContain(
      'unknown key "tasks.mine.fle", did you mean "file"?',
    );
    expect(problem({ method: "sweet", source: { file: "a", label: "b", lable: "c" } })).toContain(
      'unknown key "source.lable", did you mean "label"? (known: file, label)',
    );
  });

  it("lists every problem by its path, with the value", () => {
    expect(problem({ epochs: 0.5, method: "sweat", cells: [{ name: 3, seeds: ["a"] }] })).toMatch(
      /^pipeline\.yaml: epochs: .*, got 0\.5; method: unknown "sweat", .*; cells\.0\.name: .*, got 3; cells\.0\.seeds\.0: .*, got "a"$/,
    );
    expect(problem({})).toMatch(/^pipeline\.yaml: method: [^,]*$/);
    expect(problem(3)).toMatch(/^pipeline\.yaml: value: .*, got 3$/);
    expect(problem({ method: "sweet", source: 7 })).toMatch(/source: .*\(.*\|.*\)/);
  });

  it("suggests the nearest known name for an unknown one, in a union too", () => {
    expect(problem({ method: "sweat" })).toBe(
      'pipeline.yaml: method: unknown "sweat", did you mean "sweet"? (known: early-exit, sweet)',
    );
    expect(problem({ method: "sweet", source: "amazn" })).toBe(
      'pipeline.yaml: source: unknown "amazn", did you mean "amazon"? (known: amazon, yelp)',
    );
  });

  it("reports only the branch of a union that was meant", () => {
    expect(problem({ method: "sweet", source: { file: "a" } })).toMatch(
      /^pipeline\.yaml: source\.label: [^|]*expected string[^|]*$/,
    );
    expect(problem({ method: "sweet", source: 7 })).toMatch(/source: .*\(.*\|.*\)/);
  });

  it("says what is wrong with a key's name", () => {
    const named = z.record(z.string().regex(/^[a-z]+$/, "must be letters"), z.int());
    expect(() => parse(z.object({ tasks: named }), { tasks: { "../x": 1 } }, "p.yaml")).toThrow(
      new TypeError('p.yaml: tasks: the name "../x" must be letters'),
    );
  });

  it("shows NaN and Infinity by name", () => {
    expect(problem({ method: "sweet", epochs: NaN })).toMatch(/epochs: .*, got NaN$/);
    expect(problem({ method: "sweet", epochs: Infinity })).toMatch(/epochs: .*, got Infinity$/);
  });

  it("survives values that JSON cannot hold, and shortens long ones", () => {
    expect(problem({ method: 5n })).toContain("method: ");
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    expect(problem({ method: circle })).toContain("method: ");
    expect(problem({ method: "x".repeat(500) }).length).toBeLessThan(250);
  });
});

it("shows the first five of many problems, and how many more there are", () => {
  const schema = z.strictObject({});
  const keys = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 1]));
  expect(() => parse(schema, keys(6), "f")).toThrow(/^f: .*"k0".*"k5"$/);
  expect(() => parse(schema, keys(7), "f")).toThrow(/^f: .*"k4"; and 2 more problems$/);
});

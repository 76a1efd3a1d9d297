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

  it("answers an unknown key with the nearest known one", () => {
    expect(problem({ method: "sweet", epoch: 3 })).toBe(
      'pipeline.yaml: unknown key "epoch", did you mean "epochs"? (known: epochs, learningRate, method, cells, tasks, source)',
    );
    expect(problem({ method: "sweet", lerningRate: 1, sauce: 1 })).toMatch(
      /"lerningRate", did you mean "learningRate"\?.*; unknown key "sauce", did you mean "source"\?/,
    );
  });

  it("does so inside of arrays, records and unions", () => {
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

  it("lists every problem by its path, with what was there", () => {
    expect(problem({ epochs: 0.5, method: "sweat", cells: [{ name: 3, seeds: ["a"] }] })).toMatch(
      /^pipeline\.yaml: epochs: .*, got 0\.5; method: .*, got "sweat"; cells\.0\.name: .*, got 3; cells\.0\.seeds\.0: .*, got "a"$/,
    );
    expect(problem({})).toMatch(/^pipeline\.yaml: method: [^,]*$/);
    expect(problem(3)).toMatch(/^pipeline\.yaml: value: .*, got 3$/);
    expect(problem({ method: "sweet", source: 7 })).toMatch(/source: .*\(.*\|.*\)/);
  });

  it("survives values that JSON cannot hold, and shortens long ones", () => {
    expect(problem({ method: 5n })).toContain("method: ");
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    expect(problem({ method: circle })).toContain("method: ");
    expect(problem({ method: "x".repeat(500) }).length).toBeLessThan(250);
  });
});

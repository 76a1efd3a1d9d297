import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { campaigns, crash } from "../scripts/reliability/crash.ts";
import { fuzz } from "../scripts/reliability/fuzz.ts";
import { makeReaders } from "../scripts/reliability/readers.ts";
import { readMutants } from "../scripts/reliability/read-mutants.ts";
import { wrongWith } from "../scripts/reliability/wrong-with.ts";

// The campaigns of docs/reliability.md in short.

describe("damaged files", async () => {
  const work = await mkdtemp(join(tmpdir(), "reliability-"));
  afterAll(() => rm(work, { recursive: true }));
  const readers = await makeReaders(work);
  // The tokenizers' own test reads more of theirs.
  it.each(readers)("of $name are read or refused by name, soon", async (reader) => {
    const failures: string[] = [];
    const range = { first: 0, last: 40, work };
    const { read, refused } = await readMutants(
      reader,
      range,
      () => undefined,
      (line) => failures.push(line),
    );
    // How long they take is for the campaign to judge, on a quiet machine.
    expect(failures.filter((line) => !/: it took \d+ ms$/.test(line))).toEqual([]);
    expect(read + refused).toBe(40);
    // Some damage is found, or none was done.
    expect(refused).toBeGreaterThan(0);
  });
});

it("each reader runs in a process of its own, by its name", { timeout: 600_000 }, async () => {
  await expect(fuzz(1, () => undefined, { only: ["no such"] })).rejects.toThrow(
    'fuzz: no reader "no such" (known: safetensors, ',
  );
  const [row] = await fuzz(3, () => undefined, { only: ["safetensors"] });
  expect(row).toMatchObject({ reader: "safetensors", mutants: 3, failures: [] });
  expect((row?.read ?? 0) + (row?.refused ?? 0)).toBe(3);
});

it("a pipeline that was killed ends by itself", { timeout: 900_000 }, async () => {
  // What follows damage, `pipeline.test.ts` holds.
  const only = Object.keys(campaigns).filter((name) => name.includes("planner"));
  expect(only).toHaveLength(1);
  const rows = await crash(0.05, () => undefined, only);
  expect(rows).toEqual([{ campaign: only[0], times: 2, failures: [] }]);
});

it("a wrong answer to a damaged file is called one", () => {
  const about = { file: "a/b.json", folder: "/some", ms: 1, hashed: false };
  const refused = (message: string) => ({ error: new Error(message) });
  expect(wrongWith(refused("/some/a/b.json: expected JSON, got Unexpected token"), about)).toBe(
    undefined,
  );
  expect(wrongWith(undefined, about)).toBe(undefined);
  expect(wrongWith(undefined, { ...about, hashed: true })).toBe("a damaged file was read");
  expect(wrongWith(refused("expected a number"), about)).toMatch(/^names no file: /);
  expect(wrongWith(refused("b.json: Maximum call stack size exceeded"), about)).toMatch(
    /^says no cause: /,
  );
  expect(wrongWith({ error: "b.json" }, about)).toMatch(/^no Error/);
  expect(wrongWith(undefined, { ...about, ms: 1500 })).toBe("it took 1500 ms");
});

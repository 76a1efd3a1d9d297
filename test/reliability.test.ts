import { expect, it } from "vitest";
import { campaigns, crash } from "../scripts/reliability/crash.ts";
import { fuzz } from "../scripts/reliability/fuzz.ts";
import { wrongWith } from "../scripts/reliability/wrong-with.ts";

// The campaigns of docs/reliability.md in short.

it(
  "every reader reads damaged files or refuses them by name, soon",
  { timeout: 240_000 },
  async () => {
    const rows = await fuzz(25, () => undefined);
    expect(rows.length).toBeGreaterThan(15);
    for (const { reader, read, refused, failures } of rows) {
      expect([reader, failures]).toEqual([reader, []]);
      expect([reader, read + refused]).toEqual([reader, 25]);
      // Some damage is found, or none was done.
      expect([reader, refused > 0]).toEqual([reader, true]);
    }
  },
);

it("killed, or its results damaged, a pipeline ends by itself", { timeout: 240_000 }, async () => {
  const only = Object.keys(campaigns).filter((name) => /planner|cache|artifact/.test(name));
  expect(only).toHaveLength(3);
  const rows = await crash(0.1, () => undefined, only);
  expect(rows.map((row) => row.failures)).toEqual([[], [], []]);
});

it("a wrong answer to a damaged file is called one", () => {
  const about = { file: "a/b.json", folder: "/work", ms: 1, hashed: false };
  const refused = (message: string) => ({ error: new Error(message) });
  expect(wrongWith(refused("/work/a/b.json: expected JSON, got Unexpected token"), about)).toBe(
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

import { expect, it } from "vitest";
import { hostileHub } from "../scripts/reliability/hostile-hub.ts";

it("with a hostile Hub, an error names the repository in bounded time, no damaged file is kept and no token leaks", async () => {
  const lines: string[] = [];
  const { cases, failures } = await hostileHub((line) => lines.push(line));
  expect(failures).toEqual([]);
  expect(cases).toBeGreaterThan(80);
  expect(lines).toHaveLength(cases);
}, 300_000);

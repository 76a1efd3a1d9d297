import { expect, it } from "vitest";
import { hostileHub } from "../scripts/reliability/hostile-hub.ts";

it("a hostile Hub gets an error that names the repository, in bounded time, and neither file nor token", async () => {
  const lines: string[] = [];
  const { cases, failures } = await hostileHub((line) => lines.push(line));
  expect(failures).toEqual([]);
  expect(cases).toBeGreaterThan(80);
  expect(lines).toHaveLength(cases);
}, 300_000);

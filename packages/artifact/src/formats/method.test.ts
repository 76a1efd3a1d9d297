import { expect, it } from "vitest";
import { methodSchema } from "./method.ts";

it.each([
  ["sweet", true],
  ["early-exit-distilled", true],
  ["", false],
  ["sweet spot", false],
  ["sweet/1", false],
])("%j can name a method: %s", (name, can) => {
  expect(methodSchema.safeParse(name).success).toBe(can);
});

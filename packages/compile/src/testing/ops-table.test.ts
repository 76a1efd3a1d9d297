import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withOpsTable } from "./ops-table.ts";

/** The formatter pads a table's cells. */
const unpadded = (text: string) => text.replace(/ +/g, " ").replace(/-{3,}/g, "---");

it("the README's table of kernels matches the code; npm run update:ops updates it", () => {
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  expect(unpadded(readme)).toBe(unpadded(withOpsTable(readme)));
});

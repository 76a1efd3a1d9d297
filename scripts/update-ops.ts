// Writes the table of the kernels that the compiler supports into packages/compile/README.md.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withOpsTable } from "@sweetspot/compile/testing";
import { $ } from "zx";
import { help } from "./help.ts";

help(
  `npm run update:ops\n\nWrites the table of the kernels that the compiler supports into packages/compile/README.md.`,
);

const root = join(import.meta.dirname, "..");
const file = join(root, "packages/compile/README.md");
await writeFile(file, withOpsTable(await readFile(file, "utf8")));
await $({ cwd: root, quiet: true })`npx oxfmt ${file}`;
console.log("packages/compile/README.md now lists the supported kernels");

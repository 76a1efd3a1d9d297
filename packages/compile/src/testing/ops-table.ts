/** The table of covered kernels in the package's README. */

import * as tf from "@tensorflow/tfjs";
import { families, lowerings } from "../lowerings/table.ts";

/**
 * The kernels of each family of lowerings, and those of tfjs's `cpu` backend that have none, as
 * Markdown between the README's markers. Gradients' kernels are kernels too.
 */
function opsTable(): string {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(" ");
  const rows = Object.entries(families).map(
    ([file, family]) =>
      `| [${file}](src/lowerings/${file}.ts) | ${code(Object.keys(family).sort())} |`,
  );
  const missing = tf
    .getKernelsForBackend("cpu")
    .map(({ kernelName }) => kernelName)
    .filter((name) => !Object.hasOwn(lowerings, name))
    .sort();
  const covered = Object.keys(lowerings).length;
  return [
    `${covered} kernels are covered:`,
    "",
    "| file | tfjs kernels |",
    "| --- | --- |",
    ...rows,
    "",
    `${missing.length} of tfjs's \`cpu\` backend are not: ${code(missing)}.`,
  ].join("\n");
}

const block = /<!-- ops -->[^]*?<!-- end -->/;

/** The README with the table put in. @throws Error if it has no place for it */
export function withOpsTable(readme: string): string {
  if (!block.test(readme)) throw new Error("README.md: expected a block <!-- ops -->, found none");
  return readme.replace(block, () => `<!-- ops -->\n\n${opsTable()}\n\n<!-- end -->`);
}

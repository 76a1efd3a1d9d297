import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { png } from "./png.ts";

/** Writes each figure as SVG and PNG to `figures/` in a folder, creating it. */
export async function writeFigures(
  folder: string,
  figures: readonly { name: string; svg: string }[],
): Promise<void> {
  await mkdir(join(folder, "figures"));
  for (const { name, svg } of figures) {
    await writeFile(join(folder, "figures", `${name}.svg`), svg);
    await writeFile(join(folder, "figures", `${name}.png`), png(svg));
  }
}

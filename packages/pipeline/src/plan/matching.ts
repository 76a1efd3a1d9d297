/**
 * The ids of the cells that a pattern matches.
 *
 * @param pattern an id, in which `*` stands for any characters
 */
export function matching(cells: readonly { id: string }[], pattern: string): string[] {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[^\w]/g, String.raw`\$&`));
  const whole = new RegExp(`^${parts.join(".*")}$`);
  return cells.map((c) => c.id).filter((id) => whole.test(id));
}

import { escapeText } from "../draw.ts";
import { signed } from "../numbers.ts";
import type { Claim } from "./claims.ts";

const width = 150;
const height = 30;
const edge = 5;

/**
 * One claim's effect in the small: the interval as a bar, the effect as a dot, the tasks as faint ones
 * (controls open), a line at 0. All claims share one range.
 *
 * @param range points at the left and the right edge
 */
export function claimFigure(
  { id, effect, low, high, perTask }: Claim,
  [left, right]: readonly [number, number],
): string {
  const x = (points: number) =>
    Number((edge + ((points - left) / (right - left)) * (width - 2 * edge)).toFixed(1));
  const zero = `<line x1="${x(0)}" x2="${x(0)}" y1="0" y2="${height}" stroke="var(--line)" stroke-width="1" />`;
  const tasks = perTask.map(({ effect: of, control }) => {
    const fill = control ? "none" : "var(--muted)";
    return `<circle cx="${x(of)}" cy="22" r="2.5" fill="${fill}" stroke="var(--muted)" />`;
  });
  const mean =
    effect === null || low === null || high === null
      ? ""
      : `<line x1="${x(low)}" x2="${x(high)}" y1="10" y2="10" stroke="var(--ink)" stroke-width="2" /><circle cx="${x(effect)}" cy="10" r="4" fill="var(--ink)" />`;
  const alt =
    effect === null
      ? `claim ${id}: not measured`
      : `claim ${id}: ${signed(effect / 100)}; ${perTask.map((t) => `${t.task} ${signed(t.effect / 100)}`).join(", ")}`;
  return `<svg class="claim" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(alt)}">${zero}${tasks.join("")}${mean}</svg>`;
}

/** The range of points that holds all the claims' intervals and tasks, and 0. */
export function claimRange(claims: readonly Claim[]): [number, number] {
  const values = claims.flatMap(({ low, high, perTask }) => [
    ...(low === null || high === null ? [] : [low, high]),
    ...perTask.map((t) => t.effect),
  ]);
  return [Math.min(-1, ...values), Math.max(1, ...values)];
}

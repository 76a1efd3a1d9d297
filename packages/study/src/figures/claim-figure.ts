import { escapeText, signed } from "@sweetspot/report/parts";
import type { Claim, ClaimPart } from "../claims.ts";

const width = 150;
const rowHeight = 30;
const edge = 5;

/**
 * A small figure of one claim, with a row for each part: the interval as a bar, the effect as a dot, the
 * tasks as faint dots (controls open), and a line at 0. All claims share one range.
 *
 * @param range points at the left and the right edge
 */
export function claimFigure(
  { id, effect, low, high, perTask, parts }: Claim,
  [left, right]: readonly [number, number],
): string {
  const x = (points: number) =>
    Number((edge + ((points - left) / (right - left)) * (width - 2 * edge)).toFixed(1));
  const rows: readonly Row[] =
    parts ??
    (effect === null || low === null || high === null ? [] : [{ effect, low, high, perTask }]);
  const height = rowHeight * Math.max(1, rows.length);
  const zero = `<line x1="${x(0)}" x2="${x(0)}" y1="0" y2="${height}" stroke="var(--line)" stroke-width="1" />`;
  const marks = rows.map((row, r) => {
    const top = r * rowHeight;
    const tasks = row.perTask.map(({ effect: of, control }) => {
      const fill = control ? "none" : "var(--muted)";
      return `<circle cx="${x(of)}" cy="${top + 22}" r="2.5" fill="${fill}" stroke="var(--muted)" />`;
    });
    return `${tasks.join("")}<line x1="${x(row.low)}" x2="${x(row.high)}" y1="${top + 10}" y2="${top + 10}" stroke="var(--ink)" stroke-width="2" /><circle cx="${x(row.effect)}" cy="${top + 10}" r="4" fill="var(--ink)" />`;
  });
  const texts = rows.map(
    (row) =>
      `${row.name === undefined ? "" : `${row.name} `}${[signed(row.effect / 100), row.perTask.map((t) => `${t.task} ${signed(t.effect / 100)}`).join(", ")].filter((text) => text !== "").join("; ")}`,
  );
  const alt = `claim ${id}: ${rows.length === 0 ? "not measured" : texts.join(". ")}`;
  return `<svg class="claim" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(alt)}">${zero}${marks.join("")}</svg>`;
}

/** The data of a row of the figure. */
type Row = Pick<ClaimPart, "effect" | "low" | "high" | "perTask"> & { name?: string };

/** The range of points that contains all the claims' intervals and tasks, and 0. */
export function claimRange(claims: readonly Claim[]): [number, number] {
  const values = claims.flatMap(({ low, high, perTask, parts = [] }) => [
    ...(low === null || high === null ? [] : [low, high]),
    ...perTask.map((t) => t.effect),
    ...parts.flatMap((p) => [p.low, p.high, ...p.perTask.map((t) => t.effect)]),
  ]);
  return [Math.min(-1, ...values), Math.max(1, ...values)];
}

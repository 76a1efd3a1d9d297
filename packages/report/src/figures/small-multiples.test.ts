import * as Plot from "@observablehq/plot";
import { expect, test } from "vitest";
import { dotItem, draw, narrow, standalone } from "./draw.ts";
import { panelSize, smallMultiples } from "./small-multiples.ts";

const size = panelSize(narrow, 2);
const panel = (height: number) =>
  draw(
    { height, marks: [Plot.dot([1], { x: (d: number) => d, y: (d: number) => d })] },
    { size, yLabel: `of ${height}`, legend: [], alt: "" },
  );

test("panels are side by side below the legend, rows as high as their highest panel", () => {
  const svg = smallMultiples([panel(110), panel(130), panel(170)], {
    size: narrow,
    columns: 2,
    legend: [dotItem("one", { r: 2 })],
    alt: `three "panels"`,
  });
  expect(size.width).toBe(170);
  const places = [...svg.matchAll(/<svg x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/g)].map(
    (m) => m.slice(1).map(Number),
  );
  // A legend of one row: 12 * 1.6, rounded up, and 12 * 0.6 of space.
  expect(places).toEqual([
    [0, 0, 350, 28],
    [0, 27, 170, 110],
    [180, 27, 170, 130],
    [0, 167, 170, 170],
  ]);
  expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 350 338"[^>]*aria-label="three &quot;panels&quot;"/);
  expect(svg.match(/role="img"/g)?.length).toBe(1);
});

test("a standalone file has one background and the colours filled in", () => {
  const svg = smallMultiples([panel(110)], { size: narrow, columns: 2, legend: [], alt: "" });
  const file = standalone(svg);
  expect(file.match(/<rect width="100%"/g)?.length).toBe(1);
  expect(file).not.toMatch(/var\(|currentColor/);
});

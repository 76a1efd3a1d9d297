import { draw, escapeText, type LegendItem, legendHeight, type Size } from "./draw.ts";

/** Pixels between panels. */
const gap = 10;

/** The size of one of several panels side by side; its text is a little smaller. */
export function panelSize(size: Size, columns: number): Size {
  return {
    ...size,
    width: Math.floor((size.width - gap * (columns - 1)) / columns),
    fontSize: size.fontSize - 1,
  };
}

/**
 * Puts panels into one SVG element, row by row below a common legend.
 *
 * @param panels as `draw` makes them, each of `panelSize`
 * @param alt what the figure shows, for those who cannot see it
 */
export function smallMultiples(
  panels: readonly string[],
  {
    size,
    columns,
    legend,
    alt,
  }: { size: Size; columns: number; legend: readonly LegendItem[]; alt: string },
): string {
  const { width } = panelSize(size, columns);
  const placed: string[] = [];
  let y = 0;
  if (legend.length > 0) {
    const height = legendHeight(legend, size) + size.fontSize * 0.6;
    const svg = draw({ height: 200, axis: null, marks: [] }, { size, yLabel: "", legend, alt: "" });
    placed.push(inner(svg, { x: 0, y, width: size.width, height }));
    y += height;
  }
  for (let begin = 0; begin < panels.length; begin += columns) {
    const row = panels.slice(begin, begin + columns);
    const height = Math.max(...row.map(heightOf));
    row.forEach((svg, i) =>
      placed.push(inner(svg, { x: i * (width + gap), y, width, height: heightOf(svg) })),
    );
    y += height + gap;
  }
  const height = Math.ceil(y - gap);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" width="${size.width}" height="${height}" role="img" aria-label="${escapeText(alt)}" class="figure ${size.name}" fill="currentColor" text-anchor="middle" font-size="${size.fontSize}" font-family="system-ui, DejaVu Sans, sans-serif">${placed.join("")}</svg>`;
}

/** A drawn figure as a part of another, cropped at its height. */
function inner(
  svg: string,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): string {
  const fontSize = /font-size="([\d.]+)"/.exec(svg)?.[1] ?? "";
  return svg.replace(
    /^<svg[^>]*>/,
    `<svg x="${x}" y="${Math.round(y)}" width="${width}" height="${Math.ceil(height)}" viewBox="0 0 ${width} ${Math.ceil(height)}" font-size="${fontSize}">`,
  );
}

function heightOf(svg: string): number {
  return Number(/viewBox="0 0 [\d.]+ ([\d.]+)"/.exec(svg)?.[1] ?? 0);
}

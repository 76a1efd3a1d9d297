import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type MethodStyle, palette } from "../summary/methods.ts";

/** The space for a figure. On a phone the figure is redrawn, not shrunk, so that text keeps its size. */
export interface Size {
  name: "wide" | "narrow";
  /** Pixels. */
  width: number;
  fontSize: number;
}

/** For a page on a desktop. */
export const wide: Size = { name: "wide", width: 680, fontSize: 13 };
/** For a phone. */
export const narrow: Size = { name: "narrow", width: 350, fontSize: 12 };

/** A figure of the report. */
export interface Figure {
  /** File name without extension. */
  name: string;
  title: string;
  /** How to read it. */
  caption: string;
  /** An SVG element whose colours are the CSS variables of `palette`. */
  draw(size: Size): string;
}

/** An entry of a legend: marks for its sample, drawn with the offsets given, and its text. */
export interface LegendItem {
  label: string;
  sample(offset: { dx: number; dy: number }): Plot.Markish[];
}

/**
 * Draws a plot as an SVG element, the legend in rows above it. The same options give the same bytes.
 *
 * `yLabel` is above the y axis, below the legend, with `headroom` more pixels between it and the
 * frame; `alt` says what the figure shows, for those who cannot see it.
 *
 * @param options without `width`, `marginTop` and `className`, which follow from the size and legend
 */
export function draw(
  options: Plot.PlotOptions,
  {
    size,
    yLabel,
    legend,
    alt,
    headroom = 0,
  }: {
    size: Size;
    yLabel: string;
    legend: readonly LegendItem[];
    alt: string;
    headroom?: number;
  },
): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const marginLeft = options.marginLeft ?? 46;
  const rowHeight = size.fontSize * 1.6;
  const rows = legendRows(legend, size);
  // The y axis' label, and the facets' names, are between legend and frame.
  const marginTop = Math.ceil(rows.length * rowHeight + 2.5 * size.fontSize + headroom);
  const axisLabel = Plot.text([yLabel], {
    ...atCorner,
    textAnchor: "start",
    lineAnchor: "middle",
    dx: 4 - marginLeft,
    dy: rows.length * rowHeight + 0.9 * size.fontSize - marginTop,
  });
  const marks = rows.flatMap((row, r) =>
    row.flatMap(({ item, x }) => {
      const dy = (r + 0.6) * rowHeight - marginTop;
      const dx = x - marginLeft;
      return [
        ...item.sample({ dx: dx + sampleWidth / 2, dy }),
        Plot.text([item.label], {
          ...atCorner,
          textAnchor: "start",
          lineAnchor: "middle",
          dx: dx + sampleWidth + 6,
          dy,
        }),
      ];
    }),
  );
  const svg = Plot.plot({
    marginRight: 18,
    marginBottom: 3.2 * size.fontSize,
    ...options,
    marginLeft,
    marginTop,
    width: size.width,
    className: "figure",
    document,
    marks: [...(options.marks ?? []), axisLabel, ...marks],
    y: { ...options.y, label: null },
  });
  const attributes = [
    'xmlns="http://www.w3.org/2000/svg"',
    `viewBox="${svg.getAttribute("viewBox") ?? ""}"`,
    `width="${svg.getAttribute("width") ?? ""}"`,
    `height="${svg.getAttribute("height") ?? ""}"`,
    'role="img"',
    `aria-label="${escapeText(alt)}"`,
    `class="figure ${size.name}"`,
    'fill="currentColor"',
    'text-anchor="middle"',
    `font-size="${size.fontSize}"`,
    'font-family="system-ui, DejaVu Sans, sans-serif"',
  ];
  return svg.outerHTML
    .replace(/<style>.*?<\/style>/s, "")
    .replace(/^<svg[^>]*>/, `<svg ${attributes.join(" ")}>`)
    .replace(geometry, (attribute) =>
      attribute.replace(longNumber, (number) => String(Number(Number(number).toFixed(2)))),
    );
}

/** Pixels that a legend's rows take. */
export function legendHeight(legend: readonly LegendItem[], size: Size): number {
  return Math.ceil(legendRows(legend, size).length * size.fontSize * 1.6);
}

const geometry = / (?:d|transform|x|y|x1|x2|y1|y2|cx|cy|width|height)="[^"]*"/g;
const longNumber = /-?\d+\.\d{3,}(?:e-\d+)?/g;

const sampleWidth = 22;
const atCorner = { frameAnchor: "top-left", facet: "super" } as const;

/** Legend entries with their x, filled row by row; widths are overestimated slightly. */
function legendRows(
  legend: readonly LegendItem[],
  { width, fontSize }: Size,
): { item: LegendItem; x: number }[][] {
  const rows: { item: LegendItem; x: number }[][] = [];
  let x = Infinity;
  for (const item of legend) {
    const itemWidth = sampleWidth + 6 + textWidth(item.label, fontSize);
    if (x + itemWidth > width) {
      rows.push([]);
      x = 4;
    }
    rows.at(-1)?.push({ item, x });
    x += itemWidth + 14;
  }
  return rows;
}

/** Approximate pixels in DejaVu Sans, which is wide. */
function textWidth(text: string, fontSize: number): number {
  return (
    [...text].reduce(
      (sum, c) => sum + (/[ijlftr.,:'|() -]/.test(c) ? 0.37 : /[A-Zmw]/.test(c) ? 0.75 : 0.61),
      0,
    ) * fontSize
  );
}

/** A method's entry: its line with its symbol. */
export function methodItem({ label, color, symbol }: MethodStyle): LegendItem {
  return {
    label,
    sample: ({ dx, dy }) => [
      Plot.vector([0], {
        ...atCorner,
        dx,
        dy,
        rotate: 90,
        length: sampleWidth,
        shape: dash,
        stroke: color,
        strokeWidth: 2,
      }),
      Plot.dot([0], { ...atCorner, ...hollow(color), symbol, dx, dy }),
    ],
  };
}

/** An entry whose sample is one dot. */
export function dotItem(label: string, style: Plot.DotOptions): LegendItem {
  return {
    label,
    sample: ({ dx, dy }) => [Plot.dot([0], { ...atCorner, ...style, dx, dy })],
  };
}

/** Draws a vector as a plain line, centred. */
const dash = {
  draw(
    path: { moveTo(x: number, y: number): void; lineTo(x: number, y: number): void },
    l: number,
  ) {
    path.moveTo(0, 0);
    path.lineTo(0, -l);
  },
};

/** An open symbol that hides the line behind it. */
export function hollow(color: string): Plot.DotOptions {
  return { r: 5, fill: "var(--page)", stroke: color, strokeWidth: 2 };
}

/** Makes a drawn figure a standalone file: light colours filled in, on a background of the page's colour. */
export function standalone(svg: string): string {
  const color = (name: string) => palette[name]?.[0] ?? "#000000";
  const ground = `<rect width="100%" height="100%" fill="${color("page")}" />`;
  return `${svg
    .replace(/^<svg[^>]*>/, (tag) => tag + ground)
    .replace(/var\(--([a-z0-9-]+)\)/g, (_, name: string) => color(name))
    .replaceAll("currentColor", color("ink"))
    .replace("system-ui, DejaVu Sans", "DejaVu Sans")}\n`;
}

/** Text made safe inside HTML and SVG. */
export function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

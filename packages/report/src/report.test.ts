import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test } from "vitest";
import { fakeCell, threeMethods } from "./testing.ts";
import { png } from "./figures/png.ts";
import { makeReport, type Report } from "./report.ts";

const title = `Tom & "Jerry" <3`;
const cells = () => [
  ...threeMethods({ examples: 150 }),
  ...[1, 2].flatMap((seed) => threeMethods({ examples: 90, seed, encoder: "BERT base" })),
];
let report: Report;
beforeAll(() => {
  report = makeReport(title, cells());
});

describe("the page", () => {
  test("fetches nothing and runs nothing", () => {
    const withoutNamespace = report.html.replaceAll('xmlns="http://www.w3.org/2000/svg"', "");
    expect(withoutNamespace).not.toMatch(
      /https?:|<script|<link|<img|src=|url\(|@import|javascript:/i,
    );
  });

  test("escapes names", () => {
    expect(report.html).toContain("<h1>Tom &amp; &quot;Jerry&quot; &lt;3</h1>");
  });

  test("shows four figures for each group, each drawn for desktop and phone, with an alternative text", () => {
    const { document } = parseHTML(report.html);
    const figures = [...document.querySelectorAll("figure")];
    expect(figures.length).toBe(8);
    for (const figure of figures) {
      const svgs = [...figure.querySelectorAll("svg")];
      expect(svgs.map((svg) => svg.getAttribute("class"))).toEqual([
        "figure wide",
        "figure narrow",
      ]);
      for (const svg of svgs) expect(svg.getAttribute("aria-label")).toContain("reviews, ");
      expect(figure.querySelector("figcaption")?.textContent).not.toBe("");
    }
  });

  test("every colour variable used is defined", () => {
    const used = new Set([...report.html.matchAll(/var\((--[a-z0-9-]+)\)/g)].map((m) => m[1]));
    // Once for light, once for dark.
    expect([...used].filter((name) => report.html.split(`${name}: #`).length !== 3)).toEqual([]);
    expect(used.size).toBeGreaterThan(5);
  });

  test("no number is missing", () => {
    expect(report.html).not.toMatch(/NaN|undefined|Infinity/);
    expect(JSON.stringify(report.results)).not.toContain("null,null");
  });

  test("names the machine on which milliseconds were measured", () => {
    expect(report.html).toContain("Measured on Example CPU (2 cores, 2 threads used), linux x64");
    const other = cells();
    const [first] = other;
    if (first !== undefined) first.results.timing.machine.cpu = "Another CPU";
    expect(makeReport(title, other).html).toContain("Measured on 2 different machines");
  });
});

test("a group has a promises section if there are promises", () => {
  const heading = "What can be promised, and is it kept?";
  expect(report.html).not.toContain(heading);
  const some = threeMethods({ examples: 150 });
  for (const { results } of some) {
    results.promises = [
      {
        promise: { agree: 0.98 },
        confidence: 0.95,
        threshold: 0.875,
        onTest: { cost: 0.625, accuracy: 0.75, agreement: 0.9875 },
      },
      { promise: { lose: 1 }, confidence: 0.95, threshold: null, why: "it takes 299 examples" },
    ];
  }
  const { html } = makeReport(title, some);
  const { document } = parseHTML(html.slice(html.indexOf(heading)));
  const text = document.querySelector("table")?.textContent ?? "";
  expect(text).toContain("as the full model on 98%");
  expect(text).toMatch(/0\.875.*62\.5.*75\.0.*98\.8/s);
  expect(html).toContain("SWEET, loses at most 1 point, in 1 of 1: it takes 299 examples.");
});

test("the same cells give the same bytes within a process", () => {
  // Not toEqual: the diff of a whole page is useless.
  expect(JSON.stringify(makeReport(title, cells())) === JSON.stringify(report)).toBe(true);
});

describe("the figures", () => {
  test("are standalone: no CSS variables and no styles of the page", () => {
    for (const { svg } of report.figures) {
      expect(svg).not.toMatch(/var\(|currentColor|<style/);
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 680 \d+"/);
    }
  });

  test("have distinct names", () => {
    const names = report.figures.map((f) => f.name);
    expect(names.slice(0, 4)).toEqual([
      "reviews-minilm-accuracy-by-layers",
      "reviews-minilm-accuracy-by-milliseconds",
      "reviews-minilm-exits",
      "reviews-minilm-leaving",
    ]);
    expect(new Set(names).size).toBe(8);
    const alike = [
      fakeCell({ examples: 30, task: "a b" }),
      fakeCell({ examples: 30, task: "a-b" }),
    ];
    expect(makeReport("", alike).figures[4]?.name).toBe("a-b-minilm-2-accuracy-by-layers");
  });

  test("draw each exit alone at its numbers", () => {
    const [{ results } = fakeCell()] = cells();
    const svg = report.figures[2]?.svg ?? "";
    // Every accuracy is one circle; SVG's y decreases linearly with accuracy.
    const ys = [...svg.matchAll(/<circle[^>]*cy="([\d.]+)"/g)].map((m) => Number(m[1]));
    const first = results.exits.map((e) => e.accuracy);
    const drawn = ys.slice(0, first.length);
    const slope =
      ((drawn.at(-1) ?? NaN) - (drawn[0] ?? NaN)) / ((first.at(-1) ?? NaN) - (first[0] ?? NaN));
    expect(slope).toBeLessThan(0);
    first.forEach((a, i) => {
      expect(drawn[i]).toBeCloseTo((drawn[0] ?? NaN) + slope * (a - (first[0] ?? NaN)), 0);
    });
  });

  test("keep tick labels such as 0.999 as they are", () => {
    expect(report.figures[3]?.svg).toContain(">0.99</text>");
    expect(report.figures[3]?.svg).toContain(">0.999</text>");
  });

  test("convert to PNGs of twice their size, text included", () => {
    const svg = report.figures[2]?.svg ?? "";
    const image = Buffer.from(png(svg));
    expect(image.subarray(1, 4).toString()).toBe("PNG");
    expect(image.readUInt32BE(16)).toBe(1360);
    expect(png(svg.replace(/<text.*?<\/text>/g, "")).length).toBeLessThan(image.length - 1000);
  });
});

test("a cascade of one exit, and one example, can be reported", () => {
  const single = makeReport("one", [fakeCell({ examples: 1, exitLayers: [3] })]);
  expect(single.html).not.toMatch(/NaN|undefined/);
  expect(single.figures.length).toBe(4);
});

test("the numbers have each cell's curve and the findings of the page", () => {
  const [group] = report.results.groups;
  const curves = threeMethods({ examples: 150 }).map((c) => c.results.curve);
  expect(group?.cells.map((c) => c.curve.threshold)).toEqual(
    curves.map((curve) => curve.map((p) => p.threshold)),
  );
  group?.cells.forEach((c, i) => {
    curves[i]?.forEach((p, k) => {
      expect(c.curve.cost[k]).toBeCloseTo(p.cost, 6);
      expect(c.curve.accuracy[k]).toBeCloseTo(p.accuracy, 6);
    });
  });
  for (const finding of group?.findings ?? []) {
    expect(report.html).toContain(finding.replaceAll('"', "&quot;"));
  }
});

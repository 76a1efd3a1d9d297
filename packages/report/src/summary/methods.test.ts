import { describe, expect, test } from "vitest";
import { methodStyles, palette } from "./methods.ts";

describe("methodStyles", () => {
  test("a method keeps its colour whichever other methods are present", () => {
    expect(methodStyles(["multi-model"])).toEqual([
      {
        method: "multi-model",
        label: "Multi-Model",
        kind: "main",
        drawn: true,
        color: "var(--method-3)",
        symbol: "square",
      },
    ]);
    expect(methodStyles(["sweet", "early-exit", "sweet"]).map((s) => s.label)).toEqual([
      "Early-Exit",
      "SWEET",
    ]);
  });

  test("up to two other methods follow and are drawn", () => {
    expect(
      methodStyles(["b", "a", "sweet"]).map((s) => [s.label, s.color, s.symbol, s.drawn]),
    ).toEqual([
      ["SWEET", "var(--method-2)", "diamond2", true],
      ["a", "var(--method-4)", "triangle", true],
      ["b", "var(--method-5)", "cross", true],
    ]);
  });

  test("three or more other methods are not drawn beside one of the paper's", () => {
    const styles = methodStyles(["zeta", "sweet-rates", "early-exit", "layer-weighted"]);
    expect(styles.map((s) => [s.label, s.kind, s.drawn])).toEqual([
      ["Early-Exit", "main", true],
      ["Layer-weighted", "field", false],
      ["SWEET rates", "candidate", false],
      ["zeta", "candidate", false],
    ]);
    expect(new Set(styles.slice(1).map((s) => s.color))).toEqual(new Set(["var(--method-4)"]));
  });

  test("draws the first two if none is the paper's", () => {
    expect(methodStyles(["c", "a", "b"]).map((s) => s.drawn)).toEqual([true, true, false]);
  });
});

type Color = [number, number, number];

function linear(hex: string): Color {
  const channel = (at: number) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function times(m: readonly Color[], [r, g, b]: Color): Color {
  const row = (i: number) => {
    const [x, y, z] = m[i] ?? [0, 0, 0];
    return x * r + y * g + z * b;
  };
  return [row(0), row(1), row(2)];
}

/** Contrast ratio of WCAG 2. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => times([[0.2126, 0.7152, 0.0722]], linear(hex))[0] + 0.05;
  const [x, y] = [luminance(a), luminance(b)];
  return Math.max(x, y) / Math.min(x, y);
}

/** Machado, Oliveira and Fernandes 2009, severity 1. */
const visions: Record<string, Color[]> = {
  full: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Distance in Oklab (Ottosson 2020); about 0.02 is just noticeable side by side. */
function distance(a: string, b: string, vision: Color[]): number {
  const oklab = (hex: string) => {
    const seen = times(vision, linear(hex)).map((c) => Math.min(1, Math.max(0, c))) as Color;
    const lms = times(
      [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
      ],
      seen,
    ).map(Math.cbrt) as Color;
    return times(
      [
        [0.2104542553, 0.793617785, -0.0040720468],
        [1.9779984951, -2.428592205, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.808675766],
      ],
      lms,
    );
  };
  const [p, q] = [oklab(a), oklab(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("the %s palette", (_, mode) => {
  const color = (name: string) => palette[name]?.[mode] ?? "";

  test.each(Object.keys(visions))("its three methods are distinct under %s", (vision) => {
    const methods = ["method-1", "method-2", "method-3"].map(color);
    const distances = methods.flatMap((a, i) =>
      methods.slice(i + 1).map((b) => distance(a, b, visions[vision] ?? [])),
    );
    expect(Math.min(...distances)).toBeGreaterThan(0.12);
  });

  test("text has a contrast of 4.5 and lines of 3", () => {
    const least = (names: string[]) =>
      Math.min(...names.map((name) => contrast(color(name), color("page"))));
    expect(least(["ink", "muted"])).toBeGreaterThanOrEqual(4.5);
    expect(least(Object.keys(palette).filter((n) => n.startsWith("method")))).toBeGreaterThan(3);
  });
});

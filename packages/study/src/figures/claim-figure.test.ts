import { expect, test } from "vitest";
import type { Claim } from "../claims.ts";
import { claimFigure, claimRange } from "./claim-figure.ts";

const claim: Claim = {
  id: 3,
  statement: "",
  paper: "",
  measure: "",
  effect: 2,
  low: -1,
  high: 5,
  verdict: "undecided",
  seeds: [1, 2],
  perTask: [
    { task: "a", control: false, effect: 7, low: 0, high: 9 },
    { task: "b", control: true, effect: -3, low: -4, high: 0 },
  ],
};

test("effect, interval and tasks are at their numbers, controls open", () => {
  const range = claimRange([claim]);
  expect(range).toEqual([-3, 7]);
  // 140 pixels between the edges, so 14 for a point: 5 is at -3, 145 at +7.
  expect(claimFigure(claim, range)).toBe(
    '<svg class="claim" viewBox="0 0 150 30" width="150" height="30" role="img" aria-label="claim 3: +2.0; a +7.0, b −3.0">' +
      '<line x1="47" x2="47" y1="0" y2="30" stroke="var(--line)" stroke-width="1" />' +
      '<circle cx="145" cy="22" r="2.5" fill="var(--muted)" stroke="var(--muted)" />' +
      '<circle cx="5" cy="22" r="2.5" fill="none" stroke="var(--muted)" />' +
      '<line x1="33" x2="117" y1="10" y2="10" stroke="var(--ink)" stroke-width="2" />' +
      '<circle cx="75" cy="10" r="4" fill="var(--ink)" /></svg>',
  );
});

test("a claim of two parts has a row for each, and both count in the range", () => {
  const part = { bound: 0, verdict: "undecided" as const };
  const parts = [
    { ...part, name: "fast", effect: 2, low: -1, high: 5, perTask: [] },
    { ...part, name: "slow", effect: -8, low: -12, high: -4, perTask: [] },
  ];
  const two = { ...claim, perTask: [], parts };
  expect(claimRange([two])).toEqual([-12, 5]);
  const svg = claimFigure(two, [-12, 5]);
  expect(svg).toContain('height="60" role="img" aria-label="claim 3: fast +2.0. slow −8.0"');
  // 140 pixels for 17 points: 5 is at -12, -4 is at 70.9.
  expect(svg).toContain('<line x1="5" x2="70.9" y1="40" y2="40"');
});

test("a claim that was not measured has only the line at 0", () => {
  const none = { ...claim, effect: null, low: null, high: null, perTask: [] };
  expect(claimRange([none])).toEqual([-1, 1]);
  const svg = claimFigure(none, [-1, 1]);
  expect(svg).toContain('aria-label="claim 3: not measured"');
  expect(svg).not.toContain("circle");
});

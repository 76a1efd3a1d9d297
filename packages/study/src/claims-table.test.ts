import { beforeAll, describe, expect, test } from "vitest";
import { studyCells } from "../test/study-cells.ts";
import { summarise } from "@sweetspot/report/parts";
import { claimsTable, claimsText } from "./claims-table.ts";
import { type Study, studyOf } from "./study.ts";

let study: Study;
beforeAll(() => {
  const cells = studyCells();
  const groups = summarise(cells.filter((c) => c.chosen));
  study = studyOf(cells, groups, { controls: ["control"], resamples: 199 });
  study.claims = study.claims.map((claim) => ({
    ...claim,
    effect: 12.34,
    low: -1.26,
    high: 15.04,
    ...(claim.parts && {
      parts: claim.parts.map((p) => ({ ...p, effect: -10.21, low: -12.01, high: -10.06 })),
    }),
  }));
});

describe("claimsText", () => {
  test("has a line for each claim and each task", () => {
    const lines = claimsText(study).trimEnd().split("\n");
    expect(lines.length).toBe(2 + 5 + 1 + 2 + 3);
    expect(lines[2]).toBe(
      "1  exits, Multi-Model less Early-Exit +2.3   +12.3  −1.3 to +15.0    supported",
    );
    expect(lines[5]).toBe(
      "4  fast half, SWEET less the better   words  +12.3  −1.3 to +15.0    undecided",
    );
    expect(lines[6]).toMatch(
      /^   slow half, less Early-Exit {16}−10\.2  −12\.0 to −10\.1 +(un)?[a-z]+$/,
    );
    const [five] = study.claims.slice(4);
    const alpha = five?.perTask[0]?.effect ?? NaN;
    expect(lines[10]).toMatch(new RegExp(`^alpha  .* \\+${alpha.toFixed(1)}$`));
    expect(lines[12]).toMatch(/^control \(control\)/);
  });

  test("has at most 100 columns for any names", () => {
    const long = "a task that somebody gave a name as long as this one, which is much too long";
    const tasks = [long, ...study.tasks.slice(1)];
    const lines = claimsText({ ...study, tasks, controls: [long] }).split("\n");
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(100);
    expect(lines.some((l) => l.startsWith("a task that somebody") && l.includes("…"))).toBe(true);
  });

  test("shows a dash for what was not measured", () => {
    const claims = study.claims.map((c) => ({
      ...c,
      effect: null,
      low: null,
      high: null,
      perTask: [],
    }));
    const lines = claimsText({ ...study, claims }).split("\n");
    expect(lines[2]).toMatch(/\+2\.3 +- +- +supported$/);
    expect(lines[10]).toMatch(/^alpha +- +- +- +- +-$/);
  });
});

describe("claimsTable", () => {
  test("has a row for each claim: the paper's words, the numbers, the verdict and the reason", () => {
    const html = claimsTable(study);
    expect(html.match(/<tr><th scope="row">/g)?.length).toBe(5);
    expect(html).toContain("<strong>+12.3</strong> <span");
    expect(html).toContain("slow, against −1.0");
    expect(html).toContain("+1.1 points on average");
    expect(html).toContain("30% of pairs of gradients conflict, mean cosine 0.10");
    expect(html.match(/<svg class="claim"/g)?.length).toBe(5);
    // Projected was trained with one.
    expect(html.match(/one seed: the interval is not about other seeds/g)?.length).toBe(1);
    expect(html).toContain("open: the control control, not in the mean");
  });

  test("escapes names and texts", () => {
    const claims = study.claims.map((c) => ({ ...c, why: "not measured on <b>" }));
    expect(claimsTable({ ...study, claims, controls: ["x & y"] })).toMatch(
      /x &amp; y[\s\S]*not measured on &lt;b&gt;/,
    );
  });
});

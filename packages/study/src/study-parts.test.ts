import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test } from "vitest";
import { studyCells } from "../test/study-cells.ts";
import type { StudyCell } from "./cell.ts";
import { narrow, summarise, wide } from "@sweetspot/report/parts";
import { studyFindings } from "./findings.ts";
import { type MadeStudy, makeStudy } from "./make-study.ts";
import { studyParts } from "./study-parts.ts";
import { type Study, studyOf } from "./study.ts";

const settings = { controls: ["control"], resamples: 199 };
const of = (cells: StudyCell[]) =>
  studyOf(cells, summarise(cells.filter((c) => c.chosen)), settings);
let study: Study;
beforeAll(() => {
  study = of(studyCells());
});

/** A figure as drawn, by name. */
function drawn(name: string): { svg: string; alt: string; caption: string } {
  const figure = studyParts(study).find((p) => p.figure?.name === name)?.figure;
  const svg = figure?.draw(wide) ?? "";
  return { svg, alt: /aria-label="([^"]*)"/.exec(svg)?.[1] ?? "", caption: figure?.caption ?? "" };
}

const points = (value: number | undefined) => (100 * (value ?? NaN)).toFixed(1);

describe("the parts of the page", () => {
  test("each have a question as title", () => {
    const titles = studyParts(study).map((p) => p.title);
    expect(titles.length).toBe(10);
    expect(titles.filter((t) => !t.endsWith("?"))).toEqual([]);
    expect(new Set(titles).size).toBe(10);
  });

  test("are left out if nothing was measured", () => {
    const bare = studyCells()
      .filter((c) => ["early-exit", "sweet"].includes(c.method) && c.chosen)
      .map((c) => ({
        ...c,
        regime: undefined,
        results: {
          ...c.results,
          conflict: undefined,
          calibration: undefined,
          rules: undefined,
          promises: undefined,
          baseline: undefined,
          training: undefined,
        },
      }));
    const names = studyParts(of(bare)).map((p) => p.figure?.name);
    expect(names).toEqual([
      "study-curves",
      "study-individual-classifiers",
      "study-leaving",
      "study-baselines",
    ]);
    expect(makeStudy("bare", bare).html).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("are drawn for desktop and phone, without missing numbers or unknown colours", () => {
    for (const { figure, table } of studyParts(study)) {
      for (const size of [wide, narrow]) {
        expect(figure?.draw(size) ?? "").not.toMatch(/NaN|undefined|Infinity/);
      }
      expect(table ?? "").not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});

describe("the alternative texts have the figures' numbers", () => {
  test("individual classifiers", () => {
    const exits = study.groups[1]?.methods[1]?.exits.map((e) => `${points(e.accuracy.mean)}%`);
    expect(drawn("study-individual-classifiers").alt).toContain(`SWEET ${exits?.join(", ")}`);
  });

  test("gradients", () => {
    const { svg, alt } = drawn("study-gradient-conflict");
    expect(alt).toContain(
      "Early-Exit, mean cosine of classifier and update: layer 0, classifier 1: 0.80",
    );
    // Early-exit's gradients reach 4 + 4 + 3 + 2 + 1 + 1 places, SWEET's 6.
    expect(svg.match(/>0\.\d0<\/text>/g)?.length).toBe(15);
    expect(svg.match(/>1\.00<\/text>/g)?.length).toBe(6);
  });

  test("calibration", () => {
    const sweet = study.calibration.find((c) => c.method === "sweet");
    expect(drawn("study-calibration").alt).toContain(
      `SWEET ${points(sweet?.before.ece)} → ${points(sweet?.after.ece)}`,
    );
  });

  test("exit rules, with the bound", () => {
    const { alt, caption } = drawn("study-exit-rules");
    expect(alt).toContain("SWEET: patience −2.0");
    const sweet = study.rules.find((r) => r.method === "sweet");
    expect(caption).toContain(
      `SWEET +${(100 * ((sweet?.oracle ?? NaN) - 0.75)).toFixed(1)} (${points(sweet?.oracle)}%)`,
    );
  });

  test("regimes and further objectives", () => {
    const [row] = study.regimes;
    expect(drawn("study-regimes").alt).toContain(
      `paper, layer 1: sweet less early-exit +${row?.effect.toFixed(1)}`,
    );
    const last = study.objectives.at(-1);
    expect(drawn("study-objectives").alt).toContain(`SWEET rates +${last?.effect.toFixed(1)}`);
  });

  test("where examples leave, and baselines", () => {
    const [sweet] = study.groups[0]?.methods.filter((m) => m.method === "sweet") ?? [];
    const shares = sweet?.cells.map((c) => c.results.atBudget[1]?.exitShares[0] ?? NaN) ?? [];
    const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
    expect(drawn("study-leaving").alt).toMatch(
      new RegExp(`alpha: Early-Exit [^;]*; SWEET ${(100 * mean).toFixed(0)}%`),
    );
    expect(drawn("study-baselines").alt).toContain("bag of words 65.0%, early-exit 88.");
  });
});

describe("studyFindings", () => {
  test("name the verdicts, the conflicts, the regimes, the promises and the baselines", () => {
    const found = studyFindings(study);
    expect(found[0]).toMatch(/^Of the claims 1 and 5 are supported; 2, 3 and 4 are undecided\.$/);
    expect(found).toContain(
      "In Early-Exit two classifiers' gradients point against each other in 30% of the steps and layers that they share; their mean cosine is 0.10.",
    );
    expect(found).toContain(
      "Regimes chosen on the calibration split: paper for Early-Exit, SWEET and Multi-Model.",
    );
    // Three methods on two tasks with two seeds, three promises each; the second cannot be made.
    expect(found.join(" ")).toContain("Of 36 promises, 24 could be made");
    expect(found).toContain(
      "On every task the last exits of all three are significantly more accurate than a bag of words.",
    );
  });

  test("require the interval, not only the accuracy, to be above a bag of words", () => {
    // The last exits' accuracies are above 0.88, but not their intervals.
    const cells = studyCells().map((c) => ({
      ...c,
      results: {
        ...c.results,
        baseline: c.results.baseline && { ...c.results.baseline, accuracy: 0.87 },
      },
    }));
    expect(studyFindings(of(cells)).at(-1)).toMatch(
      /^On alpha.*, not all of the three's last exits are significantly more accurate than a bag of words/,
    );
  });

  test("name a winner only if there is one", () => {
    const best = study.objectives.at(-1);
    if (best === undefined) throw new Error("no objectives");
    expect(studyFindings(study).join(" ")).toContain("No further objective is significantly above");
    const winner = { ...best, verdict: "wins" as const, effect: 3, low: 1, high: 5 };
    expect(studyFindings({ ...study, objectives: [winner] })).toContain(
      "Above the best of the three: SWEET rates (+3.0, +1.0 to +5.0) (one seed: not about other seeds).",
    );
  });
});

describe("a page with claims", () => {
  let report: MadeStudy;
  beforeAll(() => {
    report = makeStudy("With claims", studyCells(), { controls: ["control"] });
  });

  test("opens with the claims, then the findings, then the figures", () => {
    const { document } = parseHTML(report.html);
    expect([...document.querySelectorAll("main > h2")].map((h) => h.textContent)).toEqual([
      "The five claims",
      "Findings",
      "How to read the figures",
    ]);
    expect(document.querySelectorAll("main > table.claims").length).toBe(1);
  });

  test("every figure has two drawings with an alternative text, every table a caption", () => {
    const { document } = parseHTML(report.html);
    for (const figure of document.querySelectorAll("figure")) {
      const svgs = [...figure.querySelectorAll(":scope > svg")];
      expect(svgs.map((s) => s.getAttribute("class"))).toEqual(["figure wide", "figure narrow"]);
      for (const svg of svgs) expect(svg.getAttribute("aria-label")).not.toBe("");
    }
    for (const table of document.querySelectorAll("table")) {
      expect(table.getAttribute("aria-label")?.length).toBeGreaterThan(20);
    }
  });

  test("fetches and runs nothing", () => {
    const text = report.html.replaceAll('xmlns="http://www.w3.org/2000/svg"', "");
    expect(text.match(/https?:|<script|<link|<img|src=|url\(|@import/i)).toBeNull();
    const used = new Set([...report.html.matchAll(/var\((--[a-z0-9-]+)\)/g)].map((m) => m[1]));
    expect([...used].filter((name) => report.html.split(`${name}: #`).length !== 3)).toEqual([]);
  });

  test("its figures are also files", () => {
    const names = report.figures.map((f) => f.name);
    expect(names.slice(0, 2)).toEqual(["study-curves", "study-individual-classifiers"]);
    expect(names.length).toBe(9);
    for (const { svg } of report.figures) expect(svg.match(/var\(|currentColor/)).toBeNull();
  });
});

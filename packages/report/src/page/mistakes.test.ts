import type { Mistakes } from "@sweetspot/artifact";
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { fakeCell } from "../testing.ts";
import { makeReport } from "../report.ts";

const mistake = (text: string) => ({ text, label: "negative", answer: "<b>", confidence: 0.987 });

function mistakes(count: number): Mistakes {
  const first = Array.from({ length: Math.min(20, count) }, (_, i) => mistake(`text <i> & ${i}`));
  return {
    format: "sweetspot-mistakes-1",
    errors: { count, first },
    labels: {
      count: 1,
      of: 1234,
      first: [{ ...mistake("one"), textPair: "two", split: "threshold", labelConfidence: 0.011 }],
    },
  };
}

const judged = (method: "early-exit" | "sweet", accuracy: number, count: number) => {
  const cell = fakeCell({ method, examples: 40 });
  cell.results.calibrationSplit = { exits: [0.99, accuracy], area: 0.5 };
  return { ...cell, mistakes: mistakes(count) };
};

function sectionOf(html: string) {
  const { document } = parseHTML(html);
  const heading = [...document.querySelectorAll("h3")].find(
    (h) => h.textContent === "Mistakes to look at",
  );
  return { heading, texts: [...document.querySelectorAll("ol.texts")], document };
}

describe("the section of mistakes", () => {
  const report = makeReport("t", [judged("early-exit", 0.8, 3), judged("sweet", 0.9, 134)]);

  test("is of the full model that is the most accurate on the calibration split", () => {
    const { heading, texts, document } = sectionOf(report.html);
    expect(heading?.nextElementSibling?.textContent).toContain("Of SWEET, seed 1, at full depth.");
    expect(texts.map((list) => list.querySelectorAll("li").length)).toEqual([20, 1]);
    const titles = [...document.querySelectorAll("summary")].map((s) => s.textContent);
    expect(titles).toContain("The most confident errors: 20 of 134 on 40 test examples");
    expect(titles).toContain("Labels that may be wrong: 1 among 1,234 held-out examples");
  });

  test("escapes texts and labels, and says what the model thinks", () => {
    const { texts } = sectionOf(report.html);
    const [first, second] = texts.map((list) => list.querySelector("li"));
    expect(first?.querySelector("i")).toBeNull();
    expect(first?.querySelector("q")?.textContent).toBe("text <i> & 0");
    expect(first?.querySelector("small")?.textContent).toBe(
      "labelled negative, answered <b> (98.7%)",
    );
    expect([...(second?.querySelectorAll("q") ?? [])].map((q) => q.textContent)).toEqual([
      "one",
      "two",
    ]);
    expect(second?.querySelector("small")?.textContent).toBe(
      "labelled negative (1.1%), looks like <b> (98.7%), threshold split",
    );
  });

  test("links to the predictions of each method that has them", () => {
    const { heading } = sectionOf(report.html);
    const links = [...(heading?.nextElementSibling?.querySelectorAll("a") ?? [])];
    expect(links.map((a) => a.getAttribute("href"))).toEqual([
      "predictions/reviews-minilm-early-exit.csv",
      "predictions/reviews-minilm-sweet.csv",
    ]);
    expect(report.predictions.map(({ input }) => input)).toEqual([
      "reviews-minilm-early-exit-1",
      "reviews-minilm-sweet-1",
    ]);
    // The numbers and figures quote no text.
    expect(JSON.stringify(report.results)).not.toContain("text <i>");
  });

  test("is absent where no text is known, and short where there is no mistake", () => {
    const without = makeReport("t", [fakeCell({ examples: 40 })]);
    expect(without.html).not.toContain("Mistakes to look at");
    expect(without.predictions).toEqual([]);
    const { html } = makeReport("t", [judged("sweet", 0.9, 0)]);
    expect(html).toContain("<p>The most confident errors: 0 on 40 test examples.</p>");
  });
});

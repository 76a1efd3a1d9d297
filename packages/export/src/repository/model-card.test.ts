import { describe, expect, it } from "vitest";
import { randomCheckpoint } from "../testing/random-checkpoint.ts";
import { someCard } from "../testing/small-repository.ts";
import { modelCard } from "./model-card.ts";

describe("modelCard", () => {
  it("describes the model for the Hub and for readers, with any characters in names", () => {
    const checkpoint = {
      ...randomCheckpoint([1, 2, 3]),
      labels: ["`a`", "b | c", "<d>", "#", "*e*"],
    };
    const card = modelCard(checkpoint, someCard("acme/reviews"), 16, true);
    const [, front = "", body = ""] = /^---\n([^]*?)\n---\n([^]*)$/.exec(card) ?? [];
    expect(front.split("\n")).toEqual([
      'license: "mit"',
      "language:",
      '- "en"',
      "library_name: transformers.js",
      "pipeline_tag: text-classification",
      "tags:",
      '- "early-exit"',
      '- "adaptive-inference"',
      '- "sweetspot"',
      '- "sweet"',
      'base_model: "acme/encoder"',
      "datasets:",
      '- "acme/reviews"',
      "model-index:",
      '- name: "Reviews: *good* | bad"',
      "  results:",
      "  - task:",
      "      type: text-classification",
      "      name: Text Classification",
      "    dataset:",
      String.raw`      name: "reviews \"of\" [films] <b>"`,
      '      type: "acme/reviews"',
      "      split: test",
      "    metrics:",
      "    - type: accuracy",
      "      name: Accuracy",
      "      value: 0.812",
    ]);
    expect(body).toContain(String.raw`# Reviews: \*good\* \| bad`);
    expect(body).toContain("- Labels: " + String.raw`\`a\`, b \| c, \<d\>, \#, \*e\*`);
    expect(body).toContain("| 2 | `logits_2` | 80.0 | 75.0 to 85.0 | 66.7 |");
    expect(body).toContain("| 0.912346 | 79.0 | 74.0 to 84.0 | 49.9 |");
    expect(body).toContain("divided by its temperature before the softmax: 0.8, 1.1 and 1.234568,");
    expect(body).toContain("(curve.svg)");
    expect(body).toContain("AutoModelForSequenceClassification");
  });

  it("leaves out what it is not given, and says that Python has no class for the mean", () => {
    const bare = { title: "T", name: "acme/t", task: "t", method: "early-exit" };
    const card = modelCard(randomCheckpoint([1, 2], "mean"), bare, 16, false);
    for (const key of [
      "license",
      "language",
      "base_model",
      "datasets",
      "model-index",
      "curve.svg",
      "temperature",
    ])
      expect(card).not.toContain(key);
    expect(card).toContain("transformers has no class");
    expect(card).not.toContain("AutoModelForSequenceClassification");
  });
});

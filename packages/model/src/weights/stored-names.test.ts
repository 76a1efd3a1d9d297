import { describe, expect, it } from "vitest";
import { storedNames } from "./stored-names.ts";

describe("storedNames", () => {
  it.each([
    "encoder.layer.0.output.LayerNorm.weight",
    "bert.encoder.layer.0.output.LayerNorm.weight",
    "encoder.layer.0.output.LayerNorm.gamma",
    "module.bert.encoder.layer.0.output.LayerNorm.weight",
    "_orig_mod.encoder.layer.0.output.LayerNorm.weight",
    "_orig_mod.module.bert.encoder.layer.0.output.LayerNorm.gamma",
    "module._orig_mod.bert.encoder.layer.0.output.LayerNorm.weight",
    "model.bert.encoder.layer.0.output.LayerNorm.weight",
    "module.model.encoder.layer.0.output.LayerNorm.weight",
    // torch.compile of a part of the model.
    "bert.encoder.layer.0._orig_mod.output.LayerNorm.weight",
  ])("finds %s", (name) => {
    const stored = storedNames(["cls.predictions.bias", name], "bert.", "w");
    expect(stored("encoder.layer.0.output.LayerNorm.weight")).toBe(name);
    expect(stored("encoder.layer.0.output.LayerNorm.bias")).toBeUndefined();
    expect(stored("constructor")).toBeUndefined();
  });

  it("does not mistake the tensor of another part for the encoder's", () => {
    const stored = storedNames(
      ["decoder.embeddings.weight", "teacher.bert.embeddings.weight"],
      "bert.",
      "w",
    );
    expect(stored("embeddings.weight")).toBeUndefined();
  });

  it("refuses two tensors for one name when asked for it", () => {
    const stored = storedNames(["bert.a", "module.bert.a", "bert.b"], "bert.", "some/file");
    expect(stored("b")).toBe("bert.b");
    expect(() => stored("a")).toThrow(
      'some/file: "bert.a" and "module.bert.a" are both the tensor "a"; keep one of them',
    );
  });

  it("handles a great many names for one tensor, and names two of them", () => {
    const wraps = Array.from({ length: 1 << 16 }, (_, i) =>
      i.toString(2).replaceAll("1", "module.").replaceAll("0", "_orig_mod."),
    );
    const stored = storedNames([...wraps.map((wrap) => `${wrap}a`), "b"], "bert.", "w");
    expect(stored("b")).toBe("b");
    expect(() => stored("a")).toThrow(/^w: "\S+" and "\S+" are both the tensor "a"; keep one/);
  });
});

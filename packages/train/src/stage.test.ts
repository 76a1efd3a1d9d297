import { describe, expect, it } from "vitest";
import { stage } from "./stage.ts";

describe("the check of train's settings", () => {
  const check = async (encoder: string, exitLayers: number[]) =>
    stage.check?.(
      await stage.settings.parseAsync({ encoder, method: "sweet", exitLayers, seed: 1 }),
    );

  it("lets exits within a known encoder pass", async () => {
    expect(await check("tiny", [1, 2])).toBeUndefined();
    expect(await check("minilm", [1, 6])).toBeUndefined();
  });

  it("finds an encoder that nobody knows", async () => {
    expect(await check("tinny", [1, 2])).toEqual({
      setting: "encoder",
      message:
        'encoder "tinny": unknown, did you mean "tiny"? (known: minilm, tiny); a folder begins with ./ or /, a model of the Hub is ORG/NAME',
    });
  });

  it("finds an exit past the encoder's depth", async () => {
    expect(await check("minilm", [1, 4, 7])).toEqual({
      setting: "exitLayers",
      message: 'expected layers from 1 to 6, the depth of the encoder "minilm", got 7',
    });
  });
});

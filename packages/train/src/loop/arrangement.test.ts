import { expect, it } from "vitest";
import { arrangement } from "./arrangement.ts";

it("feeds masks from the host on the CPU and to tfjs, and makes them in the graph elsewhere", () => {
  expect(arrangement({}).masks).toBe("host");
  expect(arrangement({ device: "cuda", engine: "eager" })).toEqual(arrangement({ device: "cpu" }));
  expect(arrangement({ device: "webgpu" }).masks).toBe("graph");
  expect(arrangement({ device: "cuda" }).masks).toBe("graph");
});

it("pads all batches to one length on cuda alone, so that long runs are possible", () => {
  expect(arrangement({ device: "cuda" })).toMatchObject({ mostLengths: 1, mostSteps: 512 });
  expect(arrangement({ device: "webgpu" })).toMatchObject({ mostLengths: 8, mostSteps: 512 });
  expect(arrangement({ device: "cpu" })).toMatchObject({ mostLengths: 8, mostSteps: 64 });
});

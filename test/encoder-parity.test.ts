import { beforeAll, describe, expect, it } from "vitest";
import {
  compareDropout,
  type Compared,
  compareGradients,
  compareStates,
  encoderCase,
  type EncoderCase,
} from "./encoder-parity.ts";
import {
  eager,
  executions,
  largestError,
  readEncoderFacts,
  tensorNamed,
} from "./reference/bert-reference.ts";

const facts = await readEncoderFacts();
// Both sides compute in float32 and add in different orders.
const rtol = 1e-4;
const stateAtol = 1e-5;
const gradientAtol = 2e-6;

/** The names of the results that differ from the reference. */
function wrong(compared: readonly Compared[], atol: number): string[] {
  return compared
    .filter(({ got, want }) => {
      const far = Array.from(want).some(
        (x, i) => !(Math.abs(x - (got[i] ?? NaN)) <= atol + rtol * Math.abs(x)),
      );
      return got.length !== want.length || far;
    })
    .map((c) => c.name);
}

describe.each(Object.keys(facts.encoders))("%s", (kind) => {
  let encoder: EncoderCase;
  beforeAll(async () => {
    encoder = await encoderCase(facts, kind);
  });

  it.each(executions)(
    "matches the reference's hidden states at every layer and its classifiers' logits, $name",
    async (execution) => {
      const compared = await compareStates(encoder, execution);
      expect(compared).toHaveLength(7);
      expect(wrong(compared, stateAtol)).toEqual([]);
    },
  );

  it.each(executions)(
    "matches the reference's gradient of every parameter, for early-exit and SWEET, $name",
    async (execution) => {
      for (const method of ["early-exit", "sweet"] as const)
        expect(wrong(await compareGradients(encoder, execution, method), gradientAtol)).toEqual([]);
    },
  );

  it("gradients of SWEET and early-exit differ only below the last exit's own segment", async () => {
    const compared = await compareGradients(encoder, eager, "sweet");
    const { reference } = encoder;
    const differing = compared
      .filter(({ name, got }) => {
        const other = reference[`grad/early-exit/${name}`]?.data ?? [];
        return !(largestError(got, other) <= 1e-3);
      })
      .map((c) => c.name);
    const below = compared
      .map((c) => c.name)
      .filter((name) => !/^exits\.|^encoder\.layer\.2\./.test(name));
    expect(differing.filter((name) => !below.includes(name))).toEqual([]);
    // A key's bias adds the same to all of a query's scores, so softmax takes its gradient to zero.
    expect(below.filter((name) => !differing.includes(name) && !/key.*bias$/.test(name))).toEqual(
      [],
    );
  });

  it("applies dropout at the same places, in the same order and with the same scale as the reference", async () => {
    const compared = await compareDropout(encoder, eager);
    expect(wrong([compared], stateAtol)).toEqual([]);
    // The masks matter: without them the logits differ.
    const without = tensorNamed(encoder.reference, "logits.3").data;
    expect(largestError(compared.want, without)).toBeGreaterThan(0.1);
  });
});

import { encoderConfig, encoderParameters, exitParameters } from "@sweetspot/model";
import { gelu } from "@sweetspot/model/testing";
import { crossEntropy, type Objective, objectives } from "@sweetspot/train";
import { lossesAndGradients } from "@sweetspot/train/testing";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  below,
  type BertFacts,
  type Execution,
  executions,
  type HostTensors,
  labelledInputsOf,
  readBertFacts,
  readReference,
  tensorNamed,
} from "./reference/bert-reference.ts";

// Gradients add up over the batch and the layers in float32, each side in its own order.
const rtol = 1e-4;
const atol = 2e-6;

const pooling = "first-token";
const exitLayers = [1, 2, 3];

let facts: BertFacts;
let reference: HostTensors;
beforeAll(async () => {
  facts = await readBertFacts();
  reference = await readReference("tiny-bert");
});

/** The exits' losses, and the gradient of their sum by the parameters' names. */
async function gradientsOf(
  execution: Execution,
  objective: Pick<Objective, "isolated">,
  exitLayers: readonly number[],
): Promise<{ losses: number[]; gradients: Record<string, ArrayLike<number>> }> {
  const config = encoderConfig(facts["tiny-bert"].config, "bert.json");
  const parameters = [
    ...encoderParameters(config, exitLayers.at(-1)),
    ...exitParameters(config, exitLayers, facts["tiny-bert"].classes, pooling),
  ];
  const weights = Object.fromEntries(
    parameters.map(({ name }) => [`param/${name}`, tensorNamed(reference, `param/${name}`)]),
  );
  const results = await execution.run(
    (tensors) => {
      const { losses, gradients } = lossesAndGradients(
        { config, pooling, exitLayers, parameters, objective, dropoutSites: [] },
        below(tensors, "param/"),
        tensors,
      );
      const byName = parameters.map(({ name }, i) => [`grad/${name}`, gradients[i] as tf.Tensor]);
      return { losses, ...(Object.fromEntries(byName) as Record<string, tf.Tensor>) };
    },
    {
      ...labelledInputsOf(reference),
      ...weights,
    },
  );
  return {
    losses: Array.from(tensorNamed(results, "losses")),
    gradients: below(results, "grad/"),
  };
}

/** The parameters whose gradient differs from the reference's, or that only one side has. */
function wrongGradients(
  gradients: Readonly<Record<string, ArrayLike<number>>>,
  method: string,
): string[] {
  const want = below(reference, `grad/${method}/`);
  const names = [...new Set([...Object.keys(gradients), ...Object.keys(want)])];
  return names.filter((name) => {
    const [got, numbers] = [gradients[name], want[name]?.data];
    return (
      got?.length !== numbers?.length ||
      numbers?.some((x, i) => !(Math.abs(x - (got?.[i] ?? NaN)) <= atol + rtol * Math.abs(x)))
    );
  });
}

it("gradients of SWEET and early-exit differ only below the last exit's own segment", () => {
  const sweet = Object.fromEntries(
    Object.entries(below(reference, "grad/sweet/")).map(([name, { data }]) => [name, data]),
  );
  const differing = wrongGradients(sweet, "early-exit");
  // A key's bias adds the same to all of a query's scores, so softmax takes its gradient to zero.
  const shared = Object.keys(sweet).filter(
    (name) => /^(embeddings|encoder\.layer\.[01])\./.test(name) && !name.endsWith("key.bias"),
  );
  expect(shared).toHaveLength(5 + 2 * 15);
  expect(differing.sort()).toEqual(shared.sort());
});

describe.each(executions)("every parameter's gradient, $name", (execution) => {
  it("matches the reference for early-exit, as do the losses", async () => {
    const { losses, gradients } = await gradientsOf(
      execution,
      objectives["early-exit"],
      exitLayers,
    );
    tensorNamed(reference, "losses").data.forEach((loss, i) =>
      expect(losses[i]).toBeCloseTo(loss, 5),
    );
    expect(wrongGradients(gradients, "early-exit")).toEqual([]);
  });

  it("matches the reference for SWEET, whose forward pass is the same", async () => {
    const { losses, gradients } = await gradientsOf(execution, objectives.sweet, exitLayers);
    tensorNamed(reference, "losses").data.forEach((loss, i) =>
      expect(losses[i]).toBeCloseTo(loss, 5),
    );
    expect(wrongGradients(gradients, "sweet")).toEqual([]);
  });

  it.each(exitLayers)("matches the reference for the exit after layer %i alone", async (layer) => {
    const { gradients } = await gradientsOf(execution, objectives["multi-model"], [layer]);
    expect(wrongGradients(gradients, `exit-${layer}`)).toEqual([]);
  });

  it("is exactly zero for the embeddings of padding and of tokens that do not occur", async () => {
    const { gradients } = await gradientsOf(execution, objectives["early-exit"], exitLayers);
    const table = Array.from(tensorNamed(gradients, "embeddings.word_embeddings.weight"));
    const { data } = tensorNamed(reference, "inputIds");
    const occurring = new Set<number>(data);
    occurring.delete(0);
    const moved = Array.from({ length: 29 }, (_, id) => id).filter((id) =>
      table.slice(12 * id, 12 * (id + 1)).some((x) => x !== 0),
    );
    expect(moved).toEqual([...occurring].sort((a, b) => a - b));
  });
});

describe.each(executions)("values and gradients at huge inputs, $name", (execution) => {
  /** `f(x)` and the gradient of `sum(w * f(x))`. */
  async function valueAndGradient(f: (x: tf.Tensor) => tf.Tensor, x: number[], w: number[]) {
    const feeds = { x: Float32Array.from(x), w: Float32Array.from(w) };
    const { y, dx } = await execution.run(
      (tensors) => {
        const inner = (v: tf.Tensor): tf.Scalar =>
          tf.sum(tf.mul(f(v), tensorNamed(tensors, "w").reshape([-1])));
        const input = tensorNamed(tensors, "x");
        return { y: f(input), dx: tf.grad(inner)(input) };
      },
      Object.fromEntries(
        Object.entries(feeds).map(([name, data]) => [name, { shape: [data.length], data }]),
      ),
    );
    // Adding 0 makes 0 of -0.
    return [Array.from(y ?? [], (v) => v + 0), Array.from(dx ?? [], (v) => v + 0)];
  }

  it("reach gelu's limits: x and 1 above, 0 and 0 below", async () => {
    const huge = [100, 1e10, 1e30, 3e38].map(Math.fround);
    const x = [...huge, ...huge.map((v) => -v)];
    const zeros = huge.map(() => 0);
    const got = await valueAndGradient(
      gelu,
      x,
      x.map(() => 1),
    );
    expect(got).toEqual([
      [...huge, ...zeros],
      [...huge.map(() => 1), ...zeros],
    ]);
  });

  it("reach softmax's limits: 1 for the highest, 1/2 for each of two equals", async () => {
    const softmax = (x: tf.Tensor) => tf.softmax(x);
    expect(await valueAndGradient(softmax, [1e30, -1e30, 0], [1, 2, 3])).toEqual([
      [1, 0, 0],
      [0, 0, 0],
    ]);
    // p (w - sum p w), with sum p w = 1.5
    expect(await valueAndGradient(softmax, [1e30, 1e30, -1e30], [1, 2, 3])).toEqual([
      [0.5, 0.5, 0],
      [-0.25, 0.25, 0],
    ]);
  });

  it("reach cross entropy's limits: the difference of the logits, and the probabilities minus the label", async () => {
    const loss = (x: tf.Tensor) =>
      crossEntropy(x.reshape([2, 2]), tf.tensor1d([0, 1], "int32"), tf.tensor1d([1, 1]));
    const [y, dx] = await valueAndGradient(loss, [-1e4, 1e4, -1e30, 1e30], [1]);
    expect(y).toEqual([1e4]);
    expect(dx).toEqual([-0.5, 0.5, 0, 0]);
  });
});

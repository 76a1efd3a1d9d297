import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exitAfter, exitLogits, hiddenStates } from "./encoder-with-exits.ts";
import { checkExitLayers, dropoutSites, exitParameters, type Pooling } from "./exit-definition.ts";
import { encoderParams } from "./parameter-tree.ts";
import type { EncoderInputs } from "../encoders/encoder-kind.ts";
import { encoderParameters } from "../encoders/definitions.ts";
import { bertConfig } from "../../test/bert-config.ts";
import type { Dropout } from "../encoders/layers/dropout-sites.ts";
import { initialWeights } from "../weights/initial-weights.ts";
import { dropout } from "../encoders/layers/basic-layers.ts";

const config = bertConfig({
  hiddenSize: 15,
  numHiddenLayers: 3,
  numAttentionHeads: 5,
  intermediateSize: 7,
  maxPositionEmbeddings: 13,
  initializerRange: 0.5,
});
const classes = 4;

/** A model by its parameters' names, random with a deviation of 0.5. */
function weights(exitLayers: readonly number[], pooling: Pooling): Record<string, tf.Tensor> {
  const specs = [
    ...encoderParameters(config, exitLayers.at(-1)),
    ...exitParameters(config, exitLayers, classes, pooling),
  ];
  return Object.fromEntries(
    Object.entries(initialWeights(specs, config, 3)).map(([name, { shape, data }]) => [
      name,
      tf.tensor(data, [...shape]),
    ]),
  );
}

interface Row {
  ids: number[];
  types?: number[];
}

/** Rows padded to `length` with the ids that `fill` gives. */
function batch(rows: readonly Row[], length: number, fill: () => number = () => 0): EncoderInputs {
  const pad = (numbers: readonly number[], by: () => number) =>
    Array.from({ length }, (_, i) => numbers[i] ?? by());
  return {
    inputIds: tf.tensor2d(
      rows.map((r) => pad(r.ids, fill)),
      undefined,
      "int32",
    ),
    tokenTypeIds: tf.tensor2d(
      rows.map((r) => pad(r.types ?? r.ids.map(() => 0), () => fill() % 2)),
      undefined,
      "int32",
    ),
    attentionMask: tf.tensor2d(
      rows.map((r) =>
        pad(
          r.ids.map(() => 1),
          () => 0,
        ),
      ),
    ),
  };
}

const rows: Row[] = [
  { ids: [1, 5, 9, 2, 7, 11, 2], types: [0, 0, 0, 0, 1, 1, 1] },
  { ids: [1, 28, 2] },
  { ids: [1, 13, 13, 4, 2] },
];

/** The logits of every exit, flat. */
function numbers(logits: readonly tf.Tensor[]): number[] {
  return logits.flatMap((l) => Array.from(l.dataSync()));
}

/** The largest distance between two lists; NaN if they are not of one length. */
function largestError(got: readonly number[], want: readonly number[]): number {
  if (got.length !== want.length) return NaN;
  return Math.max(...got.map((x, i) => Math.abs(x - (want[i] ?? NaN))));
}

// The logits are of size 10 and add up in another order.
const atol = 1e-4;

const exitLayers = [1, 3];

describe.each(["first-token", "first-token-linear", "mean", "mean-pooler"] as const)(
  "bert, %s",
  (pooling) => {
    const byName = weights(exitLayers, pooling);
    const p = encoderParams(byName);
    const options = { config, exitLayers, pooling };
    const whole = numbers(exitLogits(p, batch(rows, 7), options));

    /** Of row `i` alone, unpadded. */
    const alone = rows.map((row) => numbers(exitLogits(p, batch([row], row.ids.length), options)));

    it("gives each exit's logits from its layer's hidden states", () => {
      const logits = exitLogits(p, batch(rows, 7), options);
      expect(logits.map((l) => l.shape)).toEqual([
        [3, classes],
        [3, classes],
      ]);
      const states = hiddenStates(p, batch(rows, 7), config);
      expect(states.map((h) => h.shape)).toEqual([0, 1, 2, 3].map(() => [3, 7, 15]));
      const mask = batch(rows, 7).attentionMask;
      const read = exitLayers.map((layer) =>
        exitAfter(p, layer, states[layer] as tf.Tensor3D, mask, config, pooling),
      );
      expect(largestError(numbers(read), whole)).toBeLessThan(atol);
    });

    it("padding does not change the logits, nor do the ids in it", () => {
      const padding = fc.array(fc.integer({ min: 0, max: 28 }), { minLength: 60, maxLength: 60 });
      fc.assert(
        fc.property(fc.constantFrom(7, 8, 11, 13), padding, (length, garbage) => {
          let next = 0;
          const inputs = batch(rows, length, () => garbage[next++ % garbage.length] ?? 0);
          tf.tidy(() => {
            expect(largestError(numbers(exitLogits(p, inputs, options)), whole)).toBeLessThan(atol);
          });
          tf.dispose(Object.values(inputs));
        }),
        { numRuns: 12 },
      );
    });

    it("other rows of the batch do not change a row's logits", () => {
      const chosen = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(chosen, (indices) => {
          const logits = exitLogits(
            p,
            batch(
              indices.map((i) => rows[i] as Row),
              7,
            ),
            options,
          );
          const want = exitLayers.flatMap((_, e) =>
            indices.flatMap((i) => alone[i]?.slice(e * classes, (e + 1) * classes) ?? []),
          );
          expect(largestError(numbers(logits), want)).toBeLessThan(atol);
        }),
        { numRuns: 12 },
      );
    });

    it("stays finite for a row of padding, which does not change other rows", () => {
      const inputs = batch([rows[0] as Row, { ids: [] }], 7);
      const names = Object.keys(byName);
      const loss = (...values: tf.Tensor[]): tf.Scalar => {
        const tree = encoderParams(Object.fromEntries(values.map((v, i) => [names[i] ?? "", v])));
        const logits = exitLogits(tree, inputs, options);
        return tf.addN(logits.map((l) => tf.sum(tf.square(l)))) as tf.Scalar;
      };
      const gradients = tf.grads(loss)(Object.values(byName));
      const got = numbers(exitLogits(p, inputs, options));
      const first = [...got.slice(0, classes), ...got.slice(2 * classes, 3 * classes)];
      expect(largestError(first, alone[0] ?? [])).toBeLessThan(atol);
      for (const x of [...got, ...numbers(gradients)]) expect(Number.isFinite(x)).toBe(true);
    });

    it("applies dropout at every site in order; dropout that keeps all changes nothing", () => {
      const asked: { name: string; shape: number[] }[] = [];
      const keepAll: Dropout = (name, x) => {
        asked.push({ name, shape: x.shape });
        return dropout(x, tf.ones(x.shape, "bool"), 1);
      };
      const logits = exitLogits(p, batch(rows, 7), { ...options, dropout: keepAll });
      expect(numbers(logits)).toEqual(whole);
      const sizes = { B: 3, T: 7 };
      expect(asked).toEqual(
        dropoutSites(config, exitLayers, pooling).map(({ name, shape }) => ({
          name,
          shape: shape.map((d) => (typeof d === "number" ? d : sizes[d])),
        })),
      );
    });

    it("keeps no tensor except its results", () => {
      const inputs = batch(rows, 7);
      const { numTensors } = tf.memory();
      const logits = tf.tidy(() => exitLogits(p, inputs, options));
      expect(tf.memory().numTensors).toBe(numTensors + 2);
      tf.dispose(logits);
      expect(tf.memory().numTensors).toBe(numTensors);
    });

    it("gives every exit a head of its own", () => {
      for (const name of Object.keys(byName).filter((n) => n.startsWith("exits."))) {
        const changed = { ...byName, [name]: tf.add(byName[name] as tf.Tensor, 1) };
        const logits = exitLogits(encoderParams(changed), batch(rows, 7), options);
        const moved = exitLayers.filter((_, e) => {
          const before = whole.slice(e * 3 * classes, (e + 1) * 3 * classes);
          return numbers([logits[e] as tf.Tensor]).some((x, i) => x !== before[i]);
        });
        expect({ name, moved }).toEqual({ name, moved: [Number(name.split(".")[1])] });
      }
    });

    it("nextSegmentInput changes what later layers read, but not the exit's own logits", () => {
      const handed: number[][] = [];
      const logits = exitLogits(p, batch(rows, 7), {
        ...options,
        nextSegmentInput: (hidden) => {
          handed.push(Array.from(hidden.dataSync()));
          return tf.zerosLike(hidden);
        },
      });
      const states = hiddenStates(p, batch(rows, 7), config, 1);
      expect(handed[0]).toEqual(Array.from(states[1]?.dataSync() ?? []));
      const got = numbers(logits);
      expect(got.slice(0, 3 * classes)).toEqual(whole.slice(0, 3 * classes));
      expect(got.slice(3 * classes)).not.toEqual(whole.slice(3 * classes));
    });
  },
);

describe("bert's inputs", () => {
  const p = encoderParams(weights([2], "mean"));
  const options = { config, exitLayers: [2], pooling: "mean" } as const;

  it("needs no parameters of layers after the last exit", () => {
    expect(exitLogits(p, batch(rows, 7), options)).toHaveLength(1);
    expect(() => exitLogits(p, batch(rows, 7), { ...options, exitLayers: [3] })).toThrow(
      new RangeError("encoder: no parameters for layer 3"),
    );
    expect(() => exitLogits(p, batch(rows, 7), { ...options, exitLayers: [1] })).toThrow(
      new RangeError("encoder: no parameters for the exit after layer 1"),
    );
  });

  it.each([
    { layers: [], message: "exitLayers: expected one layer or more, got none" },
    { layers: [0], message: "exitLayers: expected layers from 1 to 3, the encoder's depth, got 0" },
    {
      layers: [1, 4],
      message: "exitLayers: expected layers from 1 to 3, the encoder's depth, got 4",
    },
    {
      layers: [1.5],
      message: "exitLayers: expected layers from 1 to 3, the encoder's depth, got 1.5",
    },
    { layers: [2, 2], message: "exitLayers: must rise, each layer once, got 2, 2" },
    { layers: [3, 1], message: "exitLayers: must rise, each layer once, got 3, 1" },
  ])("refuses the exit layers $layers", ({ layers, message }) => {
    expect(() => checkExitLayers(layers, 3)).toThrow(new RangeError(message));
    expect(() => exitLogits(p, batch(rows, 7), { ...options, exitLayers: layers })).toThrow(
      message,
    );
  });

  it("refuses inputs of different shapes", () => {
    const inputs = { ...batch(rows, 7), attentionMask: tf.ones<tf.Rank.R2>([3, 5]) };
    const message = "encoder: attentionMask must be [3, 7] like inputIds, got [3, 5]";
    expect(() => exitLogits(p, inputs, options)).toThrow(new RangeError(message));
    expect(() => hiddenStates(p, inputs, config, 2)).toThrow(message);
  });

  it("refuses a depth past the encoder's", () => {
    expect(() => hiddenStates(p, batch(rows, 7), config, 4)).toThrow(
      new RangeError("encoder: expected a depth from 0 to 3, the encoder's, got 4"),
    );
    expect(hiddenStates(p, batch(rows, 7), config, 0)).toHaveLength(1);
  });

  it("refuses ids and positions outside the tables", () => {
    expect(() => exitLogits(p, batch([{ ids: [29] }], 1), options)).toThrow(
      /29 is not in \[0, 28\]/,
    );
    expect(() => exitLogits(p, batch(rows, 14), options)).toThrow(/13 is not in \[0, 12\]/);
  });
});

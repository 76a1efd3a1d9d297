import {
  batchesByLength,
  type EncodedSplit,
  type LinearPooling,
  padRows,
} from "@sweetspot/artifact";
import { bindInputs, optimiseInference, trace } from "@sweetspot/compile";
import { startSession } from "@sweetspot/compile/session";
import {
  type EncoderInputs,
  encoderParameters,
  encoderParams,
  hiddenStates,
  type PretrainedEncoder,
  readLayer,
  tokensRead,
} from "@sweetspot/model";
import type { Device } from "@sweetspot/runtime";
import type { DenseRows } from "@sweetspot/statistics";

/** The poolings that probes are fitted for. */
export const probePoolings: readonly LinearPooling[] = ["mean", "first-token-linear"];

/** The features of one layer, each pooling's `[N, C]`. */
type LayerFeatures = Record<LinearPooling, DenseRows>;

/** A frozen encoder that is ready to run. The caller disposes of it. */
export interface FrozenEncoder {
  /**
   * The features of each exit's layer for some examples of a split, in the order of the examples.
   *
   * @param report called with the number of examples done
   */
  features(
    split: EncodedSplit,
    examples: readonly number[],
    report?: (done: number) => void,
  ): Promise<LayerFeatures[]>;
  dispose(): Promise<void>;
}

/** Examples in a batch; changes features only by rounding. */
const batchSize = 32;

/**
 * Compiles the pretrained encoder up to the last exit's layer, without dropout, as one graph that gives what
 * an exit reads of each layer.
 *
 * @throws as `trace` and `startSession` do
 */
export async function openFrozenEncoder(
  encoder: PretrainedEncoder,
  exitLayers: readonly number[],
  device: Device,
): Promise<FrozenEncoder> {
  const { config } = encoder;
  const depth = exitLayers.at(-1) ?? 0;
  const weights = await encoder.weights(depth);
  const specs = Object.fromEntries(
    encoderParameters(config, depth).map(({ name, shape }) => [
      name,
      { dtype: "float32", shape } as const,
    ]),
  );
  const graph = trace(
    (tensors) => {
      const { inputIds, tokenTypeIds, attentionMask, ...byName } = tensors;
      const inputs = { inputIds, tokenTypeIds, attentionMask } as EncoderInputs; // as the specs have them
      const states = hiddenStates(encoderParams(byName), inputs, config, depth);
      return Object.fromEntries(
        exitLayers.flatMap((layer) =>
          probePoolings.map((pooling) => {
            const hidden = states[layer];
            if (hidden === undefined) throw new RangeError(`probe: no layer ${layer}`);
            const read = readLayer(hidden, inputs.attentionMask, tokensRead(pooling));
            return [`${pooling} ${layer}`, read];
          }),
        ),
      );
    },
    {
      inputIds: { dtype: "int32", shape: ["B", "T"] },
      tokenTypeIds: { dtype: "int32", shape: ["B", "T"] },
      attentionMask: { dtype: "float32", shape: ["B", "T"] },
      ...specs,
    },
  );
  const bound = Object.entries(specs).map(([name, spec]) => {
    const data = weights[name]?.data;
    if (!(data instanceof Float32Array))
      throw new RangeError(`probe: the encoder has no float32 tensor "${name}"`);
    return [name, { ...spec, data }] as const;
  });
  const session = await startSession(
    optimiseInference(bindInputs(graph, Object.fromEntries(bound))),
    { device },
  );
  const width = config.hiddenSize;
  return {
    async features(split, examples, report = () => {}) {
      const all = exitLayers.map((): LayerFeatures => {
        const empty = () => ({ values: new Float32Array(examples.length * width), width });
        return { mean: empty(), "first-token-linear": empty() };
      });
      const place = new Map(examples.map((example, i) => [example, i]));
      let done = 0;
      for (const rows of batchesByLength(split.inputIds, examples, batchSize)) {
        const { batchSize: B, length: T, ...batch } = padRows(split.inputIds, rows, split);
        const outputs = await session.run(batch, { B, T });
        for (const [e, layer] of exitLayers.entries())
          for (const pooling of probePoolings) {
            const features = outputs[`${pooling} ${layer}`] as Float32Array;
            for (const [j, example] of rows.entries())
              all[e]?.[pooling].values.set(
                features.subarray(j * width, (j + 1) * width),
                (place.get(example) ?? 0) * width,
              );
          }
        done += rows.length;
        report(done);
      }
      return all;
    },
    dispose: () => session.dispose(),
  };
}

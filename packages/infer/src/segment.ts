import type { PaddedBatch } from "@sweetspot/artifact";
import { type InferenceSession, Tensor } from "@sweetspot/runtime";

/** A segment's input: tokens, or the previous segment's output. */
export type SegmentInput =
  | { tokens: PaddedBatch }
  | { hidden: HiddenState; attentionMask: Float32Array };

/** The output of a layer, row-major `[B, T, C]`. */
export interface HiddenState {
  data: Float32Array;
  shape: readonly [number, number, number];
}

/** A segment's output for a batch. */
export interface SegmentOutput {
  /** `[B, K]`, row-major. */
  logits: Float32Array;
  /** Undefined for a model's last segment. */
  hidden: HiddenState | undefined;
}

/** A loaded segment: the layers between two exits, and the exit after them. */
export class Segment {
  /** The layer that its exit reads, counted from 1. */
  readonly exitLayer: number;
  /** How many layers it runs. */
  readonly layers: number;
  readonly #path: string;
  readonly #classes: number;
  readonly #session: InferenceSession;
  #disposed: Promise<void> | undefined;

  constructor(
    session: InferenceSession,
    about: { path: string; exitLayer: number; layers: number; classes: number },
  ) {
    this.#session = session;
    this.#path = about.path;
    this.#classes = about.classes;
    this.exitLayer = about.exitLayer;
    this.layers = about.layers;
  }

  /**
   * @throws Error that names the file if its outputs are not a segment's, its logits are not one for
   *   each of the bundle's labels, ONNX Runtime fails, or the bundle has been disposed of
   */
  async run(input: SegmentInput): Promise<SegmentOutput> {
    if (this.#disposed !== undefined)
      throw new Error(`${this.#path}: the bundle has been disposed of; open it again`);
    const given = feeds(input);
    const { logits, nextHidden } = await this.#session.run(given).catch((cause: unknown) => {
      const { message } = cause as Error;
      throw new Error(`${this.#path}: ONNX Runtime could not run it (${message})`, { cause });
    });
    if (!(logits?.data instanceof Float32Array))
      throw new Error(`${this.#path}: has no float32 output logits; export the bundle again`);
    const [rows] = given["attentionMask"]?.dims ?? [];
    if (logits.dims.join() !== `${rows},${this.#classes}`)
      throw new RangeError(
        `${this.#path}: expected logits of [${rows}, ${this.#classes}], one for each label in bundle.json, got [${logits.dims.join(", ")}]; export the bundle again`,
      );
    const [b, t, c] = nextHidden?.dims ?? [];
    return {
      logits: logits.data,
      hidden:
        nextHidden?.data instanceof Float32Array &&
        b !== undefined &&
        t !== undefined &&
        c !== undefined
          ? { data: nextHidden.data, shape: [b, t, c] }
          : undefined,
    };
  }

  /** Frees its session; a second call does nothing. */
  async dispose(): Promise<void> {
    this.#disposed ??= this.#session.release();
    await this.#disposed;
  }
}

function feeds(input: SegmentInput): Record<string, Tensor> {
  if ("tokens" in input) {
    const { batchSize, length, inputIds, tokenTypeIds, attentionMask } = input.tokens;
    const shape = [batchSize, length];
    return {
      inputIds: new Tensor("int32", inputIds, shape),
      tokenTypeIds: new Tensor("int32", tokenTypeIds, shape),
      attentionMask: new Tensor("float32", attentionMask, shape),
    };
  }
  const { data, shape } = input.hidden;
  return {
    hidden: new Tensor("float32", data, shape),
    attentionMask: new Tensor("float32", input.attentionMask, shape.slice(0, 2)),
  };
}

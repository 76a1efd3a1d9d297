import * as tf from "@tensorflow/tfjs";
import type { LayerContext } from "../encoder-kind.ts";
import type { Attended } from "../layers/transformer-layer.ts";

/** The terms of a score besides content to content. */
export type PositionTerm = "c2p" | "p2c";

/** `[N, C] -> [N, C]`. */
type Projection = (x: tf.Tensor2D) => tf.Tensor2D;

/** A layer's projections of contents and of relative positions. */
export interface DisentangledProjections {
  query: Projection;
  key: Projection;
  value: Projection;
  /** Keys of positions for the queries of contents: c2p. */
  positionKey?: Projection;
  /** Queries of positions for the keys of contents: p2c. */
  positionQuery?: Projection;
}

/** For each distance from query to key, its row in the table of relative positions. */
export interface DistanceRows {
  /** For the distances from `-farthest` to `farthest`. */
  rows: Int32Array;
  farthest: number;
}

/**
 * DeBERTa's self-attention, up to and without the output projection: a score is the sum of content
 * to content, content to position (c2p) and position to content (p2c), over `√(D · terms)`.
 *
 * With δ(i, j) the row for the distance i - j:
 * `A(i, j) = Qc(i) Kc(j) + Qc(i) Kr(δ(i, j)) + Kc(j) Qr(δ(i, j))`
 *
 * The 2 T positions are looked up by distance, then projected and multiplied, and the products shifted
 * into place. Multiplying all 2 R rows of the table instead would take several times as long for short
 * texts, and need a gather over every score.
 *
 * @param tokens B sequences of T tokens, end to end, and the tokens that ask
 * @param relative `[2 R, C]`
 * @param dropProbabilities applied to the attention probabilities `[H, B, Q, T]`
 * @returns `[B * Q, C]`
 *
 * Source: He et al., arXiv:2006.03654, equations 2 to 4.
 */
export function disentangledAttention(
  p: DisentangledProjections,
  { all, asking }: Attended,
  relative: tf.Tensor2D,
  distances: DistanceRows,
  { bias }: LayerContext,
  heads: number,
  dropProbabilities: (probabilities: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor2D {
  const [b, , , t] = bias.shape;
  const [rows, c] = asking.shape;
  const d = c / heads;
  // [B * T, C] -> [B, T, H, D] -> [H, B, T, D]: heads first, as all rows share the positions.
  const split = (y: tf.Tensor2D, length: number) =>
    tf.transpose(y.reshape<tf.Tensor4D>([b, length, heads, d]), [2, 0, 1, 3]);
  const query = split(p.query(asking), rows / b);
  const key = split(p.key(all), t);
  const value = split(p.value(all), t);
  const position = lookUpDistances(relative, distances, t);
  const read = asking === all ? everyToken : firstToken;
  let scores = tf.matMul<tf.Tensor4D>(query, key, false, true);
  let terms = 1;
  if (p.positionKey !== undefined) {
    const project = p.positionKey;
    scores = tf.add(
      scores,
      read.contentToPosition(query, (list) => perHead(project(position(list)), heads), t),
    );
    terms++;
  }
  if (p.positionQuery !== undefined) {
    const project = p.positionQuery;
    scores = tf.add(
      scores,
      read.positionToContent(key, (list) => perHead(project(position(list)), heads)),
    );
    terms++;
  }
  const scaled = tf.mul(scores, 1 / Math.sqrt(d * terms));
  const probabilities = tf.softmax(
    tf.add<tf.Tensor4D>(scaled, bias.reshape<tf.Tensor4D>([1, b, 1, t])),
  );
  const context = tf.matMul<tf.Tensor4D>(dropProbabilities(probabilities), value);
  // [H, B, Q, D] -> [B, Q, H, D] -> [B * Q, C]
  return tf.transpose(context, [1, 2, 0, 3]).reshape<tf.Tensor2D>([rows, c]);
}

/** Lists of distances: from T down to 1 - T, from -T up to T - 1, or from 0 down to 1 - T. */
type Distances = "falling" | "rising" | "of the first";

/** Looks up the embeddings of a list of distances: `[2 T, C]`, or `[T, C]` for the first token. */
function lookUpDistances(
  relative: tf.Tensor2D,
  { rows, farthest }: DistanceRows,
  t: number,
): (list: Distances) => tf.Tensor2D {
  return (list) => {
    const table = tf.tensor1d(rows, "int32");
    const upTo = tf.range(0, list === "of the first" ? t : 2 * t, 1, "int32");
    const from =
      list === "of the first"
        ? tf.scalar(farthest, "int32")
        : tf.scalar(farthest + (list === "falling" ? t : -t), "int32");
    const places = list === "rising" ? tf.add(from, upTo) : tf.sub(from, upTo);
    return tf.gather(relative, tf.gather(table, places as tf.Tensor1D)) as tf.Tensor2D;
  };
}

/** `[N, C] -> [H, N, D]` */
function perHead(x: tf.Tensor2D, heads: number): tf.Tensor3D {
  const [n, c] = x.shape;
  return tf.transpose(x.reshape<tf.Tensor3D>([n, heads, c / heads]), [1, 0, 2]);
}

type Positions = (list: Distances) => tf.Tensor3D;

/** Every token asks: scores `[H, B, T, T]`, of query i and key j. */
const everyToken = {
  contentToPosition: (query: tf.Tensor4D, positionKey: Positions) =>
    // Column l of row i has the distance T - l, so i - j is at l = T - i + j.
    shift(productWithPositions(query, positionKey("falling"))),
  positionToContent: (key: tf.Tensor4D, positionQuery: Positions) =>
    // Column l of row j has the distance l - T, so i - j is at l = T - j + i.
    tf.transpose(shift(productWithPositions(key, positionQuery("rising"))), [0, 1, 3, 2]),
};

/** Only the first token asks: scores `[H, B, 1, T]`; the distance to key j is -j. */
const firstToken = {
  contentToPosition: (query: tf.Tensor4D, positionKey: Positions, t: number) => {
    const [h, b, , d] = query.shape;
    const product = tf.matMul(
      query.reshape<tf.Tensor3D>([h, b, d]),
      positionKey("of the first"),
      false,
      true,
    );
    return product.reshape<tf.Tensor4D>([h, b, 1, t]);
  },
  positionToContent: (key: tf.Tensor4D, positionQuery: Positions) => {
    const [h, b, t, d] = key.shape;
    const asking = positionQuery("of the first").reshape<tf.Tensor4D>([h, 1, t, d]);
    return tf.sum(tf.mul(key, asking), -1).reshape<tf.Tensor4D>([h, b, 1, t]);
  },
};

/** `[H, B, T, D]` with positions `[H, 2 T, D] -> [H, B, T, 2 T]`. */
function productWithPositions(x: tf.Tensor4D, positions: tf.Tensor3D): tf.Tensor4D {
  const [h, b, t, d] = x.shape;
  const product = tf.matMul(x.reshape<tf.Tensor3D>([h, b * t, d]), positions, false, true);
  return product.reshape<tf.Tensor4D>([h, b, t, 2 * t]);
}

/**
 * Takes from row r the T columns from T - r on: `[H, B, T, 2 T] -> [H, B, T, T]`. Reshaping the rows to
 * one column less shifts each by one more than the row before.
 *
 * Source: Dai et al., arXiv:1901.02860, appendix B.
 */
function shift(x: tf.Tensor4D): tf.Tensor4D {
  const [h, b, t] = x.shape;
  const withoutFirst = tf.slice(
    x.reshape<tf.Tensor4D>([h, b, 2 * t, t]),
    [0, 0, 1, 0],
    [h, b, 2 * t - 1, t],
  );
  return tf.slice(
    withoutFirst.reshape<tf.Tensor4D>([h, b, t, 2 * t - 1]),
    [0, 0, 0, 0],
    [h, b, t, t],
  );
}

/**
 * One row for each distance up to `span`, which farther ones share: row `distance + span`.
 *
 * Source: Hugging Face transformers, models/deberta/modeling_deberta.py.
 */
export function plainDistanceRows(span: number, farthest: number): DistanceRows {
  return distanceRows(span, farthest, (distance) => distance);
}

/**
 * Near distances have a row each, farther ones share rows that widen with the logarithm.
 *
 * @param buckets rows for each sign
 * @param most the distance at which the last bucket ends
 * @param farthest the largest distance that is looked up
 *
 * Source: He et al., arXiv:2111.09543; Hugging Face transformers, models/deberta_v2/modeling_deberta_v2.py.
 */
export function bucketedDistanceRows(
  buckets: number,
  most: number,
  farthest: number,
): DistanceRows {
  const middle = Math.floor(buckets / 2);
  // In float32, as in training: near a whole number the ceiling depends on the last bit.
  const f = Math.fround;
  const widest = f(Math.log(f((most - 1) / middle)));
  return distanceRows(buckets, farthest, (distance) => {
    const size = Math.abs(distance);
    if (size <= middle) return distance;
    const share = f(f(Math.log(f(size / middle))) / widest);
    return Math.sign(distance) * (Math.ceil(f(share * (middle - 1))) + middle);
  });
}

function distanceRows(
  span: number,
  farthest: number,
  bucket: (distance: number) => number,
): DistanceRows {
  const rows = Int32Array.from({ length: 2 * farthest + 1 }, (_, i) =>
    Math.max(0, Math.min(bucket(i - farthest) + span, 2 * span - 1)),
  );
  return { rows, farthest };
}

import * as tf from "@tensorflow/tfjs";

/** One classifier's gradient of each parameter that it reaches. */
export type ClassifierGradients = readonly (tf.Tensor | undefined)[];

/** A layer that two classifiers reach, by their places among the exits, from 0. Layer 0 is the embeddings. */
export interface MeetingPlace {
  layer: number;
  first: number;
  second: number;
}

/** A layer and a classifier that reaches it. */
export interface ReachedLayer {
  layer: number;
  exit: number;
}

/**
 * The layers that each classifier reaches: those up to its own, the embeddings (layer 0) included; if
 * isolated, those after the previous exit.
 */
export function reachedLayers(exitLayers: readonly number[], isolated = false): ReachedLayer[] {
  const depth = exitLayers.at(-1) ?? 0;
  return Array.from({ length: depth + 1 }, (_, layer) =>
    exitLayers.flatMap((last, exit) => {
      const from = isolated && exit > 0 ? (exitLayers[exit - 1] ?? 0) + 1 : 0;
      return layer >= from && layer <= last ? [{ layer, exit }] : [];
    }),
  ).flat();
}

/** Every layer with every pair of classifiers that reach it. */
export function meetingPlaces(exitLayers: readonly number[], isolated = false): MeetingPlace[] {
  const reached = reachedLayers(exitLayers, isolated);
  return reached.flatMap(({ layer, exit: first }) =>
    reached
      .filter((other) => other.layer === layer && other.exit > first)
      .map(({ exit: second }) => ({ layer, first, second })),
  );
}

/** The layer of an encoder's parameter, from 1; 0 for the embeddings and what layers share; none of a head. */
export function layerOf(parameter: string): number | undefined {
  if (parameter.startsWith("exits.") || parameter.startsWith("pooler.")) return undefined;
  const layer = /^encoder\.layer\.(\d+)\./.exec(parameter)?.[1];
  return layer === undefined ? 0 : Number(layer) + 1;
}

/**
 * The product of two gradients, summed over the parameters that both reach: a scalar.
 *
 * @param within a third that must reach a parameter for it to count
 */
export function dot(
  a: ClassifierGradients,
  b: ClassifierGradients,
  within: ClassifierGradients = a,
): tf.Scalar {
  const terms = a.flatMap((x, p) => {
    const y = b[p];
    if (x === undefined || y === undefined || within[p] === undefined) return [];
    // A product of a row and a column is five times slower in ONNX Runtime's CPU kernel.
    return [tf.sum(x === y ? tf.square(x) : tf.mul(x, y))];
  });
  return terms.length === 0 ? tf.scalar(0) : (tf.addN(terms) as tf.Scalar);
}

/**
 * How the classifiers' gradients align with each other, `[places]` cosines in the order of
 * `meetingPlaces`, and with the update of the step, `[reached]` cosines in the order of `reachedLayers`:
 * 1 if the update follows the gradient. 0 where one of the two is 0.
 *
 * @param names of the parameters
 * @param gradients `[E][P]`, each classifier's
 * @param update `[P]`, what the step added to each parameter
 *
 * Source: "Finding the SWEET Spot", arXiv:2306.02307, section 3.
 */
export function gradientConflict(
  names: readonly string[],
  gradients: readonly ClassifierGradients[],
  update: readonly tf.Tensor[],
  { exitLayers, isolated }: { exitLayers: readonly number[]; isolated?: boolean | undefined },
): { cosines?: tf.Tensor1D; alignments: tf.Tensor1D } {
  const of = (layer: number, all: ClassifierGradients): ClassifierGradients =>
    all.map((g, p) => (layerOf(names[p] ?? "") === layer ? g : undefined));
  const cosine = (layer: number, a: ClassifierGradients, b: ClassifierGradients) => {
    const [x, y] = [of(layer, a), of(layer, b)];
    const norms = tf.sqrt(tf.mul(dot(x, x), dot(y, y)));
    return tf.div(dot(x, y), tf.maximum(norms, 1e-30));
  };
  const places = meetingPlaces(exitLayers, isolated);
  const cosines = places.map(({ layer, first, second }) =>
    cosine(layer, gradients[first] ?? [], gradients[second] ?? []),
  );
  // A gradient points up; an update that follows it goes down.
  const alignments = reachedLayers(exitLayers, isolated).map(({ layer, exit }) =>
    tf.neg(cosine(layer, gradients[exit] ?? [], update)),
  );
  return {
    ...(cosines.length > 0 && { cosines: tf.stack(cosines) as tf.Tensor1D }),
    alignments: tf.stack(alignments) as tf.Tensor1D,
  };
}

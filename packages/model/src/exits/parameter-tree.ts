import type * as tf from "@tensorflow/tfjs";
import type { LinearParams } from "../encoders/layers/basic-layers.ts";
import type { ExitParams } from "./exit-head.ts";

/**
 * A tree of parameters whose paths are Hugging Face's names, with `exits.N` for the exit after layer N.
 * The encoder's own part depends on its kind, see `EncoderComputation`.
 */
export interface EncoderParams<T = tf.Tensor> {
  /** The pooler that exits share, if they do. */
  pooler?: { dense: LinearParams<T> };
  exits: Record<string, ExitParams<T>>;
}

/** Arranges values by name into the tree that the model takes: `a.b.c` becomes `{a: {b: {c}}}`. */
export function encoderParams<T>(byName: Readonly<Record<string, T>>): EncoderParams<T> {
  const tree: Record<string, unknown> = { exits: {} };
  for (const [name, value] of Object.entries(byName)) {
    const path = name.split(".");
    const last = path.pop() ?? "";
    let node = tree;
    // Everything before the last part of a name is a node: no name is the beginning of another.
    for (const step of path) node = (node[step] ??= {}) as Record<string, unknown>;
    node[last] = value;
  }
  return tree as unknown as EncoderParams<T>; // the names spell it out
}

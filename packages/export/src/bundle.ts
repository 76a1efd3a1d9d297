/** What a deployable bundle holds: `bundle.json`. */
export interface Bundle {
  format: "sweetspot-bundle-1";
  /** As train calls it; whoever opens the bundle checks it. */
  method: string;
  /** The classes' names, in the order of the logits. */
  labels: readonly string[];
  /** The depth of the deepest model: what cost is measured against. */
  layers: number;
  /** Longer texts are cut to this many tokens, special ones included: as in training, and no more than the encoder has positions. */
  maxLength: number;
  /** Whether a text is a pair. */
  pairs: boolean;
  /** Token ids lie below this. */
  vocabSize: number;
  /** In the order in which they are asked. */
  members: readonly { segments: readonly BundleSegment[] }[];
}

/** The layers between two exits, and the exit after them. */
export interface BundleSegment {
  /** Path inside the bundle. */
  file: string;
  /** The layer that its exit reads, counted from 1. */
  exitLayer: number;
  /** How many layers it runs. */
  layers: number;
}

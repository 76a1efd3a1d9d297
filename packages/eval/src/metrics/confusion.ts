/** How often each answer was given to the examples of each class. K classes. */
export interface Confusion {
  /** K. */
  classes: number;
  /** Examples by true class (row) and answer (column), `[K, K]`, row-major. */
  counts: ArrayLike<number>;
}

/**
 * Counts answers by the examples' true classes.
 *
 * @param labels the true classes, `[N]`, each below K
 * @param answers the classes answered, `[N]`, each below K
 * @param classes K
 * @throws RangeError if the lengths differ
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  answers: ArrayLike<number>,
  classes: number,
): Confusion {
  if (answers.length !== labels.length) {
    throw new RangeError(
      `confusionMatrix: expected an answer for each of ${labels.length} labels, got ${answers.length}`,
    );
  }
  const counts = new Uint32Array(classes * classes);
  for (let i = 0; i < labels.length; i++) {
    const cell = (labels[i] ?? 0) * classes + (answers[i] ?? 0);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return { classes, counts };
}

/** The sums that metrics are made of. */
export interface Margins {
  /** Examples. */
  total: number;
  /** Of each class, `[K]`: examples answered correctly, examples, and answers. */
  right: Float64Array;
  present: Float64Array;
  answered: Float64Array;
}

/** A confusion matrix's diagonal and the sums of its rows and columns. */
export function margins({ classes, counts }: Confusion): Margins {
  const right = new Float64Array(classes);
  const present = new Float64Array(classes);
  const answered = new Float64Array(classes);
  let total = 0;
  for (let i = 0; i < classes; i++) {
    let row = 0;
    for (let j = 0; j < classes; j++) {
      const count = counts[i * classes + j] ?? 0;
      row += count;
      answered[j] = (answered[j] ?? 0) + count;
    }
    present[i] = row;
    right[i] = counts[i * classes + i] ?? 0;
    total += row;
  }
  return { total, right, present, answered };
}

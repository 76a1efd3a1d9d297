/** What wraps a model, and so stands before or among the names of its parameters: see `storedNames`. */
const wrappers = new Set(["module", "_orig_mod"]);

/** Layer norms' parameters as TensorFlow called them; old checkpoints still do. */
const oldNames: readonly [RegExp, string][] = [
  [/LayerNorm\.gamma$/, "LayerNorm.weight"],
  [/LayerNorm\.beta$/, "LayerNorm.bias"],
];

/**
 * Finds parameters by their plain names among those of a checkpoint. Looked through are what a
 * checkpoint of a task puts in front (`bert.`), what wraps a model in training (`module.` of
 * DataParallel, `_orig_mod.` of torch.compile, wherever they stand, and a leading `model.`), and the
 * old names of layer norms.
 *
 * @param prefix such as `bert.`
 * @returns the stored name of a plain one; undefined if there is none
 * @throws RangeError, when asked for it, if several stored names come to the same plain one
 */
export function storedNames(
  names: Iterable<string>,
  prefix: string,
  where: string,
): (name: string) => string | undefined {
  const stored = new Map<string, string[]>();
  for (const name of names) {
    const plain = plainName(name);
    const others = stored.get(plain);
    if (others === undefined) stored.set(plain, [name]);
    else others.push(name);
  }
  return (name) => {
    const found = stored.get(`${prefix}${name}`) ?? stored.get(name) ?? [];
    if (found.length > 1)
      throw new RangeError(
        `${where}: ${found
          .slice(0, 2)
          .map((f) => `"${f}"`)
          .join(" and ")} are both the tensor "${name}"; keep one of them`,
      );
    return found[0];
  };
}

function plainName(name: string): string {
  const parts = name.split(".").filter((part) => !wrappers.has(part));
  const plain = (parts[0] === "model" ? parts.slice(1) : parts).join(".");
  for (const [old, now] of oldNames) if (old.test(plain)) return plain.replace(old, now);
  return plain;
}

/** Wrappers of a model, whose names appear in the names of its parameters: see `storedNames`. */
const wrappers = new Set(["module", "_orig_mod"]);

/** TensorFlow's names of layer norms' parameters, which old checkpoints have. */
const oldNames: readonly [RegExp, string][] = [
  [/LayerNorm\.gamma$/, "LayerNorm.weight"],
  [/LayerNorm\.beta$/, "LayerNorm.bias"],
];

/**
 * Finds a checkpoint's parameters by their plain names. It ignores the prefix of a task's checkpoint
 * (`bert.`), the names of wrappers (`module.` of DataParallel and `_orig_mod.` of torch.compile anywhere,
 * and `model.` at the start), and recognises the old names of layer norms.
 *
 * @param prefix such as `bert.`
 * @returns gives the stored name of a plain one, or undefined; it throws a RangeError if several stored
 *   names mean the same plain one
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

/** How a method looks and is called, the same in every figure and table. */
export interface MethodStyle {
  method: string;
  label: string;
  /** CSS variable. */
  color: string;
  symbol: "circle" | "diamond2" | "square" | "triangle" | "cross";
}

const known: readonly { method: string; label: string }[] = [
  { method: "early-exit", label: "Early-Exit" },
  { method: "sweet", label: "SWEET" },
  { method: "multi-model", label: "Multi-Model" },
];

const symbols = ["circle", "diamond2", "square", "triangle", "cross"] as const;

/** How many methods one report can tell apart. */
const maximumMethods = symbols.length;

/**
 * The styles of the methods in a report: the three known ones keep theirs whichever are present,
 * others follow in alphabetical order.
 *
 * @throws RangeError if there are more than colours
 */
export function methodStyles(methods: readonly string[]): MethodStyle[] {
  const others = [...new Set(methods)]
    .filter((method) => !known.some((k) => k.method === method))
    .sort()
    .map((method) => ({ method, label: method }));
  const all = [...known, ...others];
  if (all.length > maximumMethods) {
    throw new RangeError(
      `report: expected at most ${maximumMethods - known.length} methods beside ${known.map((k) => k.method).join(", ")}, got ${others.map((o) => o.method).join(", ")}; report them apart`,
    );
  }
  return all.flatMap(({ method, label }, i) => {
    const symbol = symbols[i];
    return methods.includes(method) && symbol !== undefined
      ? [{ method, label, color: `var(--method-${i + 1})`, symbol }]
      : [];
  });
}

/**
 * The colours of the page and the figures: CSS variable -> `[light, dark]`. The first three methods'
 * differ in lightness too, so that readers blind to red, green or blue tell them apart (from Okabe
 * and Ito's blue and vermilion); each method also has a symbol of its own.
 */
export const palette: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  page: ["#ffffff", "#15181c"],
  ink: ["#1b1f24", "#e4e7eb"],
  muted: ["#59636e", "#9aa4af"],
  line: ["#d1d9e0", "#3a424b"],
  "method-1": ["#0072b2", "#56b4e9"],
  "method-2": ["#c84e00", "#f0a030"],
  "method-3": ["#004d33", "#209068"],
  "method-4": ["#a8407f", "#e08fc0"],
  "method-5": ["#6b5b00", "#e6d84a"],
  ramp: ["#3b3f8f", "#a9b0ff"],
};

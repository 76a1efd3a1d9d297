/** A method's role in a report: one of the paper's three, a baseline from the literature, or another. */
export type MethodKind = "main" | "field" | "candidate";

/** A method's look and label, the same in every figure and table. */
export interface MethodStyle {
  method: string;
  label: string;
  kind: MethodKind;
  /** Whether it has a line of its own in the figures; all methods are in the tables. */
  drawn: boolean;
  /** CSS variable. */
  color: string;
  symbol: "circle" | "diamond2" | "square" | "triangle" | "cross";
}

const known: readonly { method: string; label: string; kind: MethodKind }[] = [
  { method: "early-exit", label: "Early-Exit", kind: "main" },
  { method: "sweet", label: "SWEET", kind: "main" },
  { method: "multi-model", label: "Multi-Model", kind: "main" },
  { method: "layer-weighted", label: "Layer-weighted", kind: "field" },
  { method: "two-stage", label: "Two-stage", kind: "field" },
  { method: "alternating", label: "Alternating", kind: "field" },
  { method: "projected", label: "Projected", kind: "candidate" },
  { method: "early-exit-distilled", label: "Early-Exit distilled", kind: "candidate" },
  { method: "sweet-distilled", label: "SWEET distilled", kind: "candidate" },
  { method: "sweet-warm-up", label: "SWEET warm-up", kind: "candidate" },
  { method: "sweet-rates", label: "SWEET rates", kind: "candidate" },
];

/** The paper's three methods, by name. */
export const mainMethods: readonly string[] = known
  .filter((k) => k.kind === "main")
  .map((k) => k.method);

const symbols = ["circle", "diamond2", "square", "triangle", "cross"] as const;

/** How many methods beside the paper's three a figure can show distinctly. */
const drawnBeside = symbols.length - mainMethods.length;

/**
 * The styles of the methods in a report: the paper's three keep theirs whichever are present; others
 * follow, known ones first, the rest in alphabetical order.
 *
 * Up to two others are drawn like the three. More would crowd the figures: then only the three are
 * drawn or, if none of the three is present, the first two.
 */
export function methodStyles(methods: readonly string[]): MethodStyle[] {
  const present = [...new Set(methods)];
  const unknown = present
    .filter((method) => !known.some((k) => k.method === method))
    .sort()
    .map((method) => ({ method, label: method, kind: "candidate" as const }));
  const all = [...known.filter((k) => present.includes(k.method)), ...unknown];
  const others = all.filter(({ kind }) => kind !== "main");
  const places = others.length <= drawnBeside || others.length === all.length ? drawnBeside : 0;
  return all.map(({ method, label, kind }) => {
    const beside = others.findIndex((other) => other.method === method);
    const drawn = kind === "main" || beside < places;
    const place =
      kind === "main" ? mainMethods.indexOf(method) : mainMethods.length + (drawn ? beside : 0);
    return {
      method,
      label,
      kind,
      drawn,
      color: `var(--method-${place + 1})`,
      symbol: symbols[place] ?? "triangle",
    };
  });
}

/**
 * The colours of the page and the figures: CSS variable -> `[light, dark]`. The first three methods'
 * also differ in lightness, so that colour-blind readers can distinguish them (from Okabe and Ito's
 * blue and vermilion); each method also has its own symbol.
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

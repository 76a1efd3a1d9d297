import { holm, type TaskSample } from "@sweetspot/statistics";
import type { StudyCell } from "./cell.ts";
import { type ConflictShare, conflictShare } from "./questions/conflict-share.ts";
import { curveDifference, exitDifference, sharedSeeds } from "./effects/effects.ts";
import {
  type Bootstrapping,
  bootstrapping,
  type Decision,
  decided,
  decisionOf,
  type Effect,
  type EffectEstimate,
  estimateEffect,
  type TaskEffect,
} from "./effects/effect-estimate.ts";

/** What the numbers say of a claim. */
export type Verdict = "supported" | "contradicted" | "undecided";

/** One of the paper's claims, with what these cells say of it. Effects are in percentage points. */
export interface Claim {
  /** From 1, as in docs/experiments.md. */
  id: number;
  statement: string;
  /** What the paper reports. */
  paper: string;
  /** How the effect is measured. */
  measure: string;
  /** Mean over tasks, controls left out; null where it cannot be measured. */
  effect: number | null;
  /** The interval after Holm's correction over the five claims. */
  low: number | null;
  high: number | null;
  verdict: Verdict;
  /** That both sides were trained with; of one alone the interval tells nothing about others. */
  seeds: number[];
  /** Why there is no effect, or none on some task, or no verdict although the interval has one. */
  why?: string;
  perTask: TaskEffect[];
  /** Of a claim of several parts, which must all hold; the first's effect is the claim's. */
  parts?: ClaimPart[];
  /** Of claim 2: how often early-exit's classifiers conflict. */
  conflict?: ConflictShare;
}

/** A part of a claim: it holds if its interval lies above its bound. */
export interface ClaimPart extends Effect {
  name: string;
  /** Percentage points. */
  bound: number;
  verdict: Verdict;
  perTask: TaskEffect[];
  /** Of a difference from the best of several: that from each alone, with intervals that are not corrected. */
  against?: (Effect & { method: string })[];
}

/** What a claim asks of the cells of one task. */
export interface Question extends Pick<Claim, "id" | "statement" | "paper" | "measure"> {
  methods: string[];
  parts: {
    name: string;
    bound?: number;
    sample: Sample;
    /** Of a difference from the best of several: that from each alone. */
    against?: { method: string; sample: Sample }[];
  }[];
}

/** Of the cells of each method, `[M][S]`. */
type Sample = (cells: StudyCell[][]) => TaskSample;

const exits = ([first = [], second = []]: StudyCell[][]) => exitDifference(first, second);

/** The claims of "Finding the SWEET Spot", arXiv:2306.02307, as docs/experiments.md makes numbers of them. */
export const questions: readonly Question[] = [
  {
    id: 1,
    statement: "Individual multi-model classifiers beat early-exit's.",
    paper: "+2.3 points on average",
    measure: "accuracy of each exit alone, Multi-Model less Early-Exit",
    methods: ["multi-model", "early-exit"],
    parts: [{ name: "exits", sample: exits }],
  },
  {
    id: 2,
    statement:
      "Early-exit's fall behind because they send conflicting gradients into shared weights.",
    paper: "in words and a figure: conflicting updates",
    measure: "accuracy of each exit alone, conflicts projected away less Early-Exit",
    methods: ["projected", "early-exit"],
    parts: [{ name: "exits", sample: exits }],
  },
  {
    id: 3,
    statement: "Early-exit still trades speed for accuracy better than multi-model.",
    paper: "in words and curves: better, for multi-model's overhead",
    measure: "curve over the costs that both reach, Early-Exit less Multi-Model",
    methods: ["early-exit", "multi-model"],
    parts: [
      {
        name: "all costs",
        sample: ([early = [], multi = []]) => curveDifference(early, [multi]),
      },
    ],
  },
  {
    id: 4,
    statement: "SWEET is better than both when fast, comparable to early-exit when slow.",
    paper: "in words and curves: ahead of both at fast speeds",
    measure:
      "curve over the fast half of the costs, SWEET less the better of both; over the slow half, less Early-Exit",
    methods: ["sweet", "early-exit", "multi-model"],
    parts: [
      {
        name: "fast",
        sample: ([sweet = [], early = [], multi = []]) =>
          curveDifference(sweet, [early, multi], "fast"),
        against: [
          {
            method: "early-exit",
            sample: ([sweet = [], early = [], multi = []]) =>
              curveDifference(sweet, [early], "fast", multi),
          },
          {
            method: "multi-model",
            sample: ([sweet = [], early = [], multi = []]) =>
              curveDifference(sweet, [multi], "fast", early),
          },
        ],
      },
      {
        name: "slow",
        bound: -1,
        sample: ([sweet = [], early = [], multi = []]) =>
          curveDifference(sweet, [early], "slow", multi),
      },
    ],
  },
  {
    id: 5,
    statement: "SWEET's individual classifiers beat early-exit's.",
    paper: "+1.1 points on average",
    measure: "accuracy of each exit alone, SWEET less Early-Exit",
    methods: ["sweet", "early-exit"],
    parts: [{ name: "exits", sample: exits }],
  },
];

/** A part of a claim as estimated. */
interface Part {
  name: string;
  estimate: EffectEstimate;
  against?: { method: string; estimate: EffectEstimate }[];
  decision: Decision;
}

/** A claim's parts as estimated, or why they could not be. */
interface Answer {
  question: Question;
  parts: Part[];
  seeds: number[];
  why?: string;
}

/**
 * The five claims, each an effect in percentage points with its interval and verdict. Deterministic.
 *
 * Effects are means over tasks, controls left out; the bootstrap draws test examples and seeds anew.
 * A claim is supported if every part's interval lies above its bound, contradicted if one part's lies
 * below, otherwise undecided; a difference from the best of several lies below only if one of those
 * from each alone does (`decisionOf`). Intervals are read at the levels that Holm's correction over all
 * five gives, those that cannot be measured counting as never rejected; so verdict and interval agree,
 * and the probability of any wrong verdict is about one less the level at most, as far as the
 * bootstrap's intervals cover.
 *
 * @param cells of the chosen regimes and one encoder
 * @param controls tasks that are left out of the means
 * @throws RangeError if cells to be paired were tested on different examples
 */
export function claimsOf(
  cells: readonly StudyCell[],
  { controls = [], ...settings }: Partial<Bootstrapping> & { controls?: readonly string[] } = {},
): Claim[] {
  const how = { ...bootstrapping, ...settings };
  const answers = questions.map((question) => answer(question, cells, controls, how));
  const decisions = answers.map((a) => together(a.parts));
  const { levels } = holm(
    decisions.map(({ above, below }) => Math.min(above, below)),
    1 - how.level,
  );
  const conflict = conflictShare(cells, "early-exit", controls);
  return answers.map((given, i) => {
    const claim = claimOf(given, levels[i] ?? NaN, how.level);
    return claim.id === 2 ? withConflict(claim, conflict) : claim;
  });
}

function answer(
  question: Question,
  cells: readonly StudyCell[],
  controls: readonly string[],
  how: Bootstrapping,
): Answer {
  const tasks = [...new Set(cells.map((c) => c.task))].map((task) => ({
    task,
    control: controls.includes(task),
    shared: sharedSeeds(
      cells.filter((c) => c.task === task),
      question.methods,
    ),
  }));
  const missing = tasks.filter((t) => t.shared === undefined).map((t) => t.task);
  const had = tasks.flatMap(({ shared, ...at }) =>
    shared === undefined ? [] : [{ ...at, shared }],
  );
  if (!had.some(({ control }) => !control)) {
    const without = question.methods.filter((m) => !cells.some((c) => c.method === m));
    return {
      question,
      parts: [],
      seeds: [],
      why:
        without.length > 0
          ? `there is no cell of ${without.join(", ")}`
          : `no task has ${question.methods.join(", ")} with the same seed`,
    };
  }
  const of = (sample: Sample, bound?: number) =>
    estimateEffect(
      had.map(({ task, control, shared }) => ({ task, control, sample: sample(shared) })),
      how,
      bound,
    );
  const parts = question.parts.map(({ name, sample, bound, against }): Part => {
    const own = of(sample, bound);
    if (against === undefined) return { name, estimate: own, decision: decisionOf(own) };
    const alone = against.map((a) => ({ method: a.method, estimate: of(a.sample, bound) }));
    const decision = decisionOf(
      own,
      alone.map((a) => a.estimate),
    );
    return { name, estimate: own, against: alone, decision };
  });
  const why = missing.length === 0 ? {} : { why: `not measured on ${missing.join(", ")}` };
  const seeds = new Set(had.flatMap(({ shared: [first = []] }) => first.map((c) => c.seed)));
  return { question, parts, seeds: [...seeds].sort((a, b) => a - b), ...why };
}

/** All parts above their bounds support a claim, one below its own contradicts it. */
function together(parts: readonly Part[]): Decision {
  if (parts.length === 0) return { above: 1, below: 1 };
  return {
    above: Math.max(...parts.map((p) => p.decision.above)),
    below: Math.min(...parts.map((p) => p.decision.below)),
  };
}

function verdictOf({ above, below }: Decision, level: number): Verdict {
  if (decided(below, level)) return "contradicted";
  return decided(above, level) ? "supported" : "undecided";
}

/** @param plain the level of what is not corrected */
function claimOf(
  { question, parts: given, seeds, why }: Answer,
  level: number,
  plain: number,
): Claim {
  const parts = given.map(({ name, estimate: own, against, decision }): ClaimPart => ({
    name,
    bound: own.bound,
    ...own.interval(level),
    verdict: verdictOf(decision, level),
    perTask: own.perTask(),
    ...(against === undefined
      ? {}
      : { against: against.map((a) => ({ method: a.method, ...a.estimate.interval(plain) })) }),
  }));
  const [first] = parts;
  const { id, statement, paper, measure } = question;
  return {
    id,
    statement,
    paper,
    measure,
    effect: first?.effect ?? null,
    low: first?.low ?? null,
    high: first?.high ?? null,
    verdict: verdictOf(together(given), level),
    seeds,
    ...(why === undefined ? {} : { why }),
    perTask: first?.perTask ?? [],
    ...(parts.length > 1 ? { parts } : {}),
  };
}

/** That removing conflicts helps is no support for a claim about conflicts unless there are some. */
function withConflict(claim: Claim, conflict: ConflictShare | undefined): Claim {
  if (conflict !== undefined && conflict.share > 0) return { ...claim, conflict };
  const why =
    conflict === undefined
      ? "early-exit's gradients were not measured; train it with gradientConflict"
      : "no two gradients of early-exit's conflict";
  return {
    ...claim,
    ...(conflict === undefined ? {} : { conflict }),
    verdict: claim.verdict === "supported" ? "undecided" : claim.verdict,
    why: claim.why === undefined ? why : `${claim.why}; ${why}`,
  };
}

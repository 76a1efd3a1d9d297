import { holm, type TaskSample } from "@sweetspot/statistics";
import type { StudyCell } from "./cell.ts";
import { type ConflictShare, conflictShare } from "./analyses/conflict-share.ts";
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

/** The verdict on a claim. */
export type Verdict = "supported" | "contradicted" | "undecided";

/** One of the paper's claims, with its verdict on these cells. Effects are in percentage points. */
export interface Claim {
  /** Counted from 1, as in docs/experiments.md. */
  id: number;
  statement: string;
  /** What the paper reports. */
  paper: string;
  /** How the effect is measured. */
  measure: string;
  /** Mean over tasks without controls; null if it cannot be measured. */
  effect: number | null;
  /** The interval after Holm's correction over the five claims. */
  low: number | null;
  high: number | null;
  verdict: Verdict;
  /** The seeds that both sides share; an interval from one seed says nothing about others. */
  seeds: number[];
  /** Why there is no effect, none on some task, or no verdict although the interval would give one. */
  why?: string;
  perTask: TaskEffect[];
  /** The parts of a claim that has several, which must all hold; the first part's effect is the claim's. */
  parts?: ClaimPart[];
  /** For claim 2: how often early-exit's classifiers conflict. */
  conflict?: ConflictShare;
}

/** A part of a claim: it holds if its interval is above its bound. */
export interface ClaimPart extends Effect {
  name: string;
  /** Percentage points. */
  bound: number;
  verdict: Verdict;
  perTask: TaskEffect[];
  /** For a difference from the best of several: the difference from each alone, with uncorrected intervals. */
  against?: (Effect & { method: string })[];
}

/** How a claim is measured on the cells of one task. */
export interface PaperClaim extends Pick<Claim, "id" | "statement" | "paper" | "measure"> {
  methods: string[];
  parts: {
    name: string;
    bound?: number;
    sample: Sample;
    /** For a difference from the best of several: the difference from each alone. */
    against?: { method: string; sample: Sample }[];
  }[];
}

/** The sample of the cells of each method, `[M][S]`. */
type Sample = (cells: StudyCell[][]) => TaskSample;

const exits = ([first = [], second = []]: StudyCell[][]) => exitDifference(first, second);

/** The claims of "Finding the SWEET Spot", arXiv:2306.02307, in numbers, as stated in docs/experiments.md. */
export const paperClaims: readonly PaperClaim[] = [
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

/** The estimate of a part of a claim. */
interface Part {
  name: string;
  estimate: EffectEstimate;
  against?: { method: string; estimate: EffectEstimate }[];
  decision: Decision;
}

/** The estimates of a claim's parts, or why there are none. */
interface Answer {
  asked: PaperClaim;
  parts: Part[];
  seeds: number[];
  why?: string;
}

/**
 * The five claims, each an effect in percentage points with its interval and verdict. Deterministic.
 *
 * Effects are means over tasks without controls; the bootstrap redraws test examples and seeds. A
 * claim is supported if every part's interval is above its bound, contradicted if one part's is below,
 * otherwise undecided. A difference from the best of several is below only if a difference from one of
 * them alone is (`decisionOf`). Intervals are at the levels of Holm's correction over all five; claims
 * that cannot be measured count as never rejected. So verdict and interval agree, and the probability
 * of any wrong verdict is at most about one less the level, as far as the bootstrap's intervals cover.
 *
 * @param cells those of the chosen regimes and one encoder
 * @param controls tasks to leave out of the means
 * @throws RangeError if cells to be paired were tested on different examples
 */
export function claimsOf(
  cells: readonly StudyCell[],
  { controls = [], ...settings }: Partial<Bootstrapping> & { controls?: readonly string[] } = {},
): Claim[] {
  const how = { ...bootstrapping, ...settings };
  const answers = paperClaims.map((asked) => answer(asked, cells, controls, how));
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
  asked: PaperClaim,
  cells: readonly StudyCell[],
  controls: readonly string[],
  how: Bootstrapping,
): Answer {
  const tasks = [...new Set(cells.map((c) => c.task))].map((task) => ({
    task,
    control: controls.includes(task),
    shared: sharedSeeds(
      cells.filter((c) => c.task === task),
      asked.methods,
    ),
  }));
  const missing = tasks.filter((t) => t.shared === undefined).map((t) => t.task);
  const measured = tasks.flatMap(({ shared, ...at }) =>
    shared === undefined ? [] : [{ ...at, shared }],
  );
  if (!measured.some(({ control }) => !control)) {
    const without = asked.methods.filter((m) => !cells.some((c) => c.method === m));
    return {
      asked,
      parts: [],
      seeds: [],
      why:
        without.length > 0
          ? `there is no cell of ${without.join(", ")}`
          : `no task has ${asked.methods.join(", ")} with the same seed`,
    };
  }
  const of = (sample: Sample, bound?: number) =>
    estimateEffect(
      measured.map(({ task, control, shared }) => ({ task, control, sample: sample(shared) })),
      how,
      bound,
    );
  const parts = asked.parts.map(({ name, sample, bound, against }): Part => {
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
  const seeds = new Set(measured.flatMap(({ shared: [first = []] }) => first.map((c) => c.seed)));
  return { asked, parts, seeds: [...seeds].sort((a, b) => a - b), ...why };
}

/** A claim is supported if all parts are above their bounds, contradicted if one is below. */
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

/** @param plain the level of uncorrected intervals */
function claimOf({ asked, parts: given, seeds, why }: Answer, level: number, plain: number): Claim {
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
  const { id, statement, paper, measure } = asked;
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

/** A claim about conflicts is not supported unless there are some, even if removing them helps. */
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

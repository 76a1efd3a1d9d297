import { earlyExit } from "./early-exit.ts";
import type { Objective } from "./objective.ts";

/**
 * Early-Exit without conflicts (PCGrad): before the sum, a classifier's gradient that points against
 * another's loses its component along it, `g_i - (g_i . g_j / |g_j|^2) g_j` where `g_i . g_j < 0`,
 * for the other classifiers one after the other from the first. Each two are compared over the
 * parameters that both reach.
 *
 * Source: Yu et al., arXiv:2001.06782, algorithm 1, in a fixed order instead of a random one, and over the
 * parameters of each pair where all its tasks share the same.
 */
export const projected: Objective = { ...earlyExit, combine: "projected" };

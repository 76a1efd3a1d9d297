import { earlyExit } from "./early-exit.ts";
import type { Objective, Teacher } from "./objective.ts";
import { sweet } from "./sweet.ts";

/** Labels and teacher in equal shares; the soft part times T^2, as in Hinton et al., arXiv:1503.02531. */
const teacher: Teacher = { share: 0.5, temperature: 2 };

/** Early-Exit whose exits learn from a teacher too: the deepest member of a multi-model cascade. */
export const earlyExitDistilled: Objective = { ...earlyExit, teacher };

/** SWEET whose exits learn from a teacher too. */
export const sweetDistilled: Objective = { ...sweet, teacher };

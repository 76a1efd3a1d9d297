import type { Lowering } from "../lowering.ts";
import { convolution2d } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { fused } from "./fused.ts";
import { matmulGather } from "./matmul-gather.ts";
import { pooling } from "./pooling.ts";
import { reductions } from "./reduction.ts";
import { shape } from "./shape.ts";

/** Every tfjs kernel that a trace can record. */
export const lowerings: Readonly<Record<string, Lowering>> = {
  ...convolution2d,
  ...elementwise,
  ...fused,
  ...matmulGather,
  ...pooling,
  ...reductions,
  ...shape,
};

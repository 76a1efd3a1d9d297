import type { Lowering } from "../trace/lowering.ts";
import { convolution2d } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { fused } from "./fused.ts";
import { matmulGather } from "./matmul-gather.ts";
import { pooling } from "./pooling.ts";
import { random } from "./random.ts";
import { reductions } from "./reduction.ts";
import { shape } from "./shape.ts";

/** The tfjs kernels that a trace can record, by the file that lowers them. */
export const families: Readonly<Record<string, Readonly<Record<string, Lowering>>>> = {
  elementwise,
  reduction: reductions,
  shape,
  "matmul-gather": matmulGather,
  convolution: convolution2d,
  pooling,
  fused,
  random,
};

/** Every tfjs kernel that a trace can record. */
export const lowerings: Readonly<Record<string, Lowering>> = Object.assign(
  {},
  ...Object.values(families),
) as Readonly<Record<string, Lowering>>;

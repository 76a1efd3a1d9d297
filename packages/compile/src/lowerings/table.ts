import type { Lowering } from "../lowering.ts";
import { elementwise } from "./elementwise.ts";
import { fused } from "./fused.ts";
import { matmulGather } from "./matmul-gather.ts";
import { reductions } from "./reduction.ts";
import { shape } from "./shape.ts";

/** Every tfjs kernel that a trace can record. */
export const lowerings: Readonly<Record<string, Lowering>> = {
  ...elementwise,
  ...fused,
  ...matmulGather,
  ...reductions,
  ...shape,
};

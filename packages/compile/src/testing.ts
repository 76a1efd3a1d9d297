// What the tests and scripts of other packages need of this one; no part of its API.
export { hostRandomMasks } from "./lowerings/random-masks.ts";
export { whyNoTfjsNode, whyNoWebgpu } from "./testing/devices.ts";
export { withOpsTable } from "./testing/ops-table.ts";

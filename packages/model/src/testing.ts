// What only tests of other packages use.
export { gelu } from "./encoders/layers/basic-layers.ts";

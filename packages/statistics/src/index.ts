export { binomialDistribution, logGamma } from "./binomial.ts";
export { countsBootstrap } from "./counts-bootstrap.ts";
export {
  type DenseRows,
  fitDenseLogisticRegression,
  scoreDenseLogisticRegression,
} from "./dense-logistic-regression.ts";
export {
  expectedCalibrationError,
  reliability,
  type ReliabilityBin,
} from "./expected-calibration-error.ts";
export { hoeffdingBentkus } from "./hoeffding-bentkus.ts";
export { type Holm, holm } from "./holm.ts";
export { minimise, type SmoothFunction } from "./lbfgs.ts";
export {
  fitLogisticRegression,
  predictClasses,
  type RegressionOptions,
  type SparseRows,
} from "./logistic-regression.ts";
export {
  type Bootstrap,
  meanDifference,
  pairedBootstrap,
  percentileInterval,
  type TaskSample,
} from "./paired-bootstrap.ts";
export { pairedDifference } from "./paired-difference.ts";
export { sfc32 } from "./random/sfc32.ts";
export { shuffled, splitmix32, uniform } from "./random/splitmix32.ts";
export { type Interval, normalQuantile, wilson } from "./wilson.ts";

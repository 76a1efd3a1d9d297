/** Milliseconds to copy the state out of ONNX Runtime, measured: 60 ms for 100 MB. */
const copyMsPerByte = 60 / 100e6;
/** The largest share of a run's time that copying may take. */
const copyShare = 0.03;
const longestRunMs = 30_000;
/** A run is at least this long, so that little time is spent between runs. */
const shortestRunMs = 2000;

/** The milliseconds that a run spends on copying the state out. */
export function copyMs(stateBytes: number): number {
  return stateBytes * copyMsPerByte;
}

/**
 * How many steps a run of the compiled loop has: enough that copying the state takes under 3% of the
 * run and the run takes two seconds, but at most half a minute, and at most `most` steps.
 *
 * @param stepMs of one step without copying; undefined before the first measurement
 */
export function stepsPerRun(stepMs: number | undefined, stateBytes: number, most: number): number {
  if (stepMs === undefined) return 2;
  const wantedMs = Math.max(shortestRunMs, (copyMs(stateBytes) * (1 - copyShare)) / copyShare);
  const steps = Math.min(wantedMs / stepMs, most);
  return Math.max(1, Math.min(Math.ceil(steps), Math.floor(longestRunMs / stepMs)));
}

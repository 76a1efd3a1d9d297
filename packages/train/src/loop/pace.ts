/** What copying the state out of ONNX Runtime takes, measured: 60 ms for 100 MB. */
const copyMsPerByte = 60 / 100e6;
/** The most of a run's time that copying may take. */
const copyShare = 0.03;
const longestRunMs = 30_000;
/** A run is no shorter than this, so that little of it is spent between runs. */
const shortestRunMs = 2000;

/** The milliseconds that a run spends on copying the state out. */
export function copyMs(stateBytes: number): number {
  return stateBytes * copyMsPerByte;
}

/**
 * How many steps a run of the compiled loop may hold: as many as make copying the state out under
 * 3% of its time and bring it to two seconds, but no more than half a minute of them, nor `most`.
 *
 * @param stepMs of one step, copying left out; undefined if none has been measured
 */
export function stepsPerRun(stepMs: number | undefined, stateBytes: number, most: number): number {
  if (stepMs === undefined) return 2;
  const wantedMs = Math.max(shortestRunMs, (copyMs(stateBytes) * (1 - copyShare)) / copyShare);
  const steps = Math.min(wantedMs / stepMs, most);
  return Math.max(1, Math.min(Math.ceil(steps), Math.floor(longestRunMs / stepMs)));
}

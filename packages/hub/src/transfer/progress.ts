const mega = 1e6;
const large = 10 * mega;

/**
 * Logs the progress of a transfer: a line at the start of a large file, then one every few seconds with
 * the share done, the megabytes and the rate since the last line.
 *
 * @param have how many bytes an earlier run left
 * @param now a clock in milliseconds
 * @returns a function to call with the number of bytes so far
 */
export function progressLines(
  { label, size, have }: { label: string; size: number; have: number },
  log: (line: string) => void,
  { everyMs = 5000, now = () => performance.now() }: { everyMs?: number; now?: () => number } = {},
): (bytes: number) => void {
  const megabytes = (bytes: number) => (bytes / mega).toFixed(1);
  if (size > large)
    log(
      `${label}: fetching ${megabytes(size)} MB${have > 0 ? ` (${megabytes(have)} MB already here)` : ""}`,
    );
  let last = { bytes: have, at: now() };
  return (bytes) => {
    const at = now();
    if (at - last.at < everyMs) return;
    const rate = Math.max(0, bytes - last.bytes) / ((at - last.at) / 1000);
    const share = Math.floor((100 * bytes) / size);
    log(
      `${label}: ${share} %, ${megabytes(bytes)} of ${megabytes(size)} MB, ${megabytes(rate)} MB/s`,
    );
    last = { bytes, at };
  };
}

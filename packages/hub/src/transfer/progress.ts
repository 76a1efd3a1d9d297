const mega = 1e6;
const large = 10 * mega;

/**
 * Lines about a transfer: one when a large file is begun, then one every few seconds with the share
 * done, megabytes and the rate since the line before.
 *
 * @param have how many bytes an earlier run left
 * @param now a clock in milliseconds
 * @returns to be told how many bytes are there, as they come
 */
export function progressLines(
  { label, size, have }: { label: string; size: number; have: number },
  log: (line: string) => void,
  { everyMs = 5000, now = () => performance.now() }: { everyMs?: number; now?: () => number } = {},
): (bytes: number) => void {
  const megabytes = (bytes: number) => (bytes / mega).toFixed(1);
  if (size > large)
    log(
      `${label}: fetching ${megabytes(size)} MB${have > 0 ? `, of which ${megabytes(have)} MB are here already` : ""}`,
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

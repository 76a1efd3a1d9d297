/** Seconds below two minutes, minutes below two hours, hours below two days, then days. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}

/** Megabytes below a gigabyte, gigabytes above. */
export function sizeOf(bytes: number): string {
  return bytes < 1e9 ? megabytes(bytes) : gigabytes(bytes);
}

/** Megabytes: one decimal below 10, none above. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 && bytes > 0 ? 1 : 0)} MB`;
}

/** Gigabytes: one decimal below 10, none above. */
export function gigabytes(bytes: number): string {
  return `${bytes < 10e9 ? (bytes / 1e9).toFixed(1) : (bytes / 1e9).toFixed(0)} GB`;
}

/** Aligns the first two columns left, the others right. */
export function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0]?.map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((text, c) => (c < 2 ? text.padEnd(widths[c] ?? 0) : text.padStart(widths[c] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

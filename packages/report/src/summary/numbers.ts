/** Number formats, the same in text, tables and figures. */

/** A share as a percentage with one decimal: `0.8804` is `88.0%`. */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)}%`;
}

/** A share as a bare number of percentage points: `88.0`. */
export function points(share: number): string {
  return (100 * share).toFixed(1);
}

/** A difference of shares with its sign: `+1.2`, `−1.2`. */
export function signed(difference: number): string {
  const text = Math.abs(100 * difference).toFixed(1);
  return `${Number(text) === 0 ? "" : difference < 0 ? "−" : "+"}${text}`;
}

/** A cosine with two decimals: `0.12`, `−0.12`. */
export function cosineText(cosine: number): string {
  const text = Math.abs(cosine).toFixed(2);
  return `${cosine < 0 && Number(text) !== 0 ? "−" : ""}${text}`;
}

/** A count with thousands separators: `1,234`. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Milliseconds with three significant digits: `0.123`, `1.23`, `123`. */
export function milliseconds(ms: number): string {
  return ms === 0 ? "0" : ms.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(ms)))));
}

/** A text with its first letter in upper case. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

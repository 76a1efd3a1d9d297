import type { ExitPromise } from "@sweetspot/artifact";
import { escapeText } from "../figures/draw.ts";
import { table } from "./html-tables.ts";
import { percent } from "../summary/numbers.ts";
import type { PromiseRow } from "../summary/promises.ts";

/** Promises, and the labels of their methods. */
interface Promised {
  promises: readonly PromiseRow[];
  styles: readonly { method: string; label: string }[];
}

/** The promises made on the threshold split, and whether they hold on the test split. */
export function promisesTable(promised: Promised): string {
  const refused = promised.promises.flatMap(({ method, promise, made, runs, why }) =>
    why === undefined
      ? []
      : [
          `<li>${escapeText(label(promised, method))}, ${escapeText(promiseText(promise))}, in ${runs - made} of ${runs}: ${escapeText(why)}.</li>`,
        ],
  );
  const reasons =
    refused.length === 0
      ? ""
      : `\n<details><summary>Why some were not made</summary><p class="note">For each promise, the first training run in which it could not be made.</p><ul class="note">${refused.join("")}</ul></details>`;
  return `${promises(promised)}${reasons}`;
}

function promises(promised: Promised): string {
  const single = promised.promises.some((p) => p.threshold !== undefined);
  return table(
    `Operating points: thresholds at which a promise holds with ${list([...new Set(promised.promises.map((p) => percent(p.confidence, 0)))])} confidence, found on the threshold split alone, and their results on the test split. Made: in how many training runs the promise could be made; the other columns are means over those runs. Examples are assumed to be independent.${single ? "" : " Each training run has its own threshold, in its eval artifact."}`,
    ["", "made", "kept", ...(single ? ["threshold"] : []), "agreement", "cost", "accuracy"],
    promised.promises.map(({ method, promise, runs, made, kept, threshold, onTest }) => [
      `${escapeText(label(promised, method))}<small>${escapeText(promiseText(promise))}</small>`,
      `${made} of ${runs}`,
      made === 0 ? "–" : `${kept} of ${made}`,
      ...(single ? [threshold?.toFixed(6) ?? "–"] : []),
      ...(onTest === null
        ? ["–", "–", "–"]
        : [percent(onTest.agreement), percent(onTest.cost), percent(onTest.accuracy)]),
    ]),
  );
}

function list(items: readonly string[]): string {
  return items.join(" or ");
}

function promiseText(promise: ExitPromise): string {
  if ("agree" in promise) return `as the full model on ${percent(promise.agree, 0)}`;
  if ("lose" in promise)
    return `loses at most ${promise.lose} ${promise.lose === 1 ? "point" : "points"}`;
  return `costs at most ${percent(promise.spend, 0)}`;
}

function label({ styles }: Promised, method: string): string {
  return styles.find((s) => s.method === method)?.label ?? method;
}

import { cosineText, escapeText, percent, signed } from "@sweetspot/report/parts";
import { claimFigure, claimRange } from "./figures/claim-figure.ts";
import type { Claim, ClaimPart } from "./claims.ts";
import { type Study, taskLabel } from "./study.ts";

/** The claims as HTML: the paper's number, ours with its interval, the tasks, the verdict. On a phone each claim is a block. */
export function claimsTable({ claims, bootstrap, controls }: Study): string {
  const range = claimRange(claims);
  const caption = `The paper's five claims. Effects in percentage points, with ${percent(bootstrap.level, 0)} intervals after Holm's correction over the claims (${bootstrap.resamples} resamples of test examples and seeds). In the small figures the bar is the interval, faint dots are tasks${controls.length > 0 ? ` (open: the control ${controls.join(", ")}, not in the mean)` : ""}, the line is at 0.`;
  const rows = claims.map((claim) =>
    [
      `<tr><th scope="row">${claim.id}. ${escapeText(claim.statement)}<small>${escapeText(claim.measure)}</small></th>`,
      cell("paper", escapeText(claim.paper)),
      cell("here", effects(claim)),
      cell("tasks", claimFigure(claim, range)),
      `${cell("verdict", `<span class="verdict ${claim.verdict}">${claim.verdict}</span>${remark(claim)}`)}</tr>`,
    ].join(""),
  );
  return `<p class="note">${escapeText(caption)}</p>
<table class="claims" aria-label="${escapeText(caption)}">
<thead><tr><th scope="col">claim</th><th scope="col">paper</th><th scope="col">here</th><th scope="col">tasks</th><th scope="col">verdict</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
<p class="note">Tasks are fixed: the intervals are about other test examples and other seeds, not about other tasks. With few seeds, the variance between seeds is underestimated.</p>`;
}

function cell(label: string, html: string): string {
  return `<td data-label="${label}">${html}</td>`;
}

function effects(claim: Claim): string {
  if (claim.parts !== undefined) {
    return claim.parts
      .map((part) => `${effect(part)}<small>${escapeText(part.name)}${bound(part)}</small>`)
      .join("");
  }
  const { effect: of, low, high } = claim;
  return of === null || low === null || high === null ? "–" : effect({ effect: of, low, high });
}

function effect({ effect: of, low, high }: Pick<ClaimPart, "effect" | "low" | "high">): string {
  return `<strong>${signed(of / 100)}</strong> <span class="interval">${signed(low / 100)} to ${signed(high / 100)}</span>`;
}

function bound(part: ClaimPart): string {
  return part.bound === 0 ? "" : `, against ${signed(part.bound / 100)}`;
}

function remark({ conflict, seeds, why, parts = [] }: Claim): string {
  const texts = [
    ...(conflict === undefined
      ? []
      : [
          `${percent(conflict.share, 0)} of pairs of gradients conflict, mean cosine ${cosineText(conflict.cosine)}`,
        ]),
    ...(parts.some(
      (p) => p.against !== undefined && p.high < p.bound && p.verdict !== "contradicted",
    )
      ? ["below the better of both, which is partly luck, but not significantly below either alone"]
      : []),
    ...(seeds.length === 1 ? ["one seed: the interval is not about other seeds"] : []),
    ...(why === undefined ? [] : [why]),
  ];
  return texts.map((text) => `<small>${escapeText(text)}</small>`).join("");
}

const lineWidth = 100;

type EffectOrNone = Pick<Claim, "effect" | "low" | "high">;

/** The claims as plain text: a line for each claim (and one for a second part) and for each task; at most 100 columns. */
export function claimsText(study: Study): string {
  const { claims, bootstrap } = study;
  const head = [
    `The paper's claims: effects in percentage points, ${percent(bootstrap.level, 0)} intervals after Holm's correction.`,
    `${"".padEnd(38)}${"paper".padEnd(6)}${"here".padStart(6)}  ${"interval".padEnd(15)}  verdict`,
  ];
  const lines = claims.flatMap(({ id, paper, verdict, parts = [], ...first }) => {
    const number = /^[+−-][\d.]+/.exec(paper)?.[0] ?? "words";
    const line = (name: string, said: string, of: EffectOrNone, word: string) =>
      cut(
        `${name.padEnd(38)}${said.padEnd(6)}${(of.effect === null ? "-" : signed(of.effect / 100)).padStart(6)}  ${between(of.low, of.high).padEnd(15)}  ${word}`.trimEnd(),
        lineWidth,
      );
    return [
      line(`${id}  ${shortStatements[id - 1] ?? ""}`, number, first, verdict),
      ...parts
        .slice(1)
        .map((part) => line(`   ${part.name} half, less Early-Exit`, "", part, part.verdict)),
    ];
  });
  const tasks = study.tasks.map((task) => {
    const values = claims.map(({ perTask }) => {
      const found = perTask.find((t) => t.task === task);
      return (found === undefined ? "-" : signed(found.effect / 100)).padStart(9);
    });
    return (
      cut(taskLabel(study, task), lineWidth - 5 * 9 - 1).padEnd(nameWidth(study)) + values.join("")
    );
  });
  const columns = claims.map(({ id }) => `claim ${id}`.padStart(9)).join("");
  return `${[...head, ...lines, "", `${"".padEnd(nameWidth(study))}${columns}`, ...tasks].join("\n")}\n`;
}

/** The difference behind each claim, in the order of their numbers. */
const shortStatements = [
  "exits, Multi-Model less Early-Exit",
  "exits, Projected less Early-Exit",
  "curve, Early-Exit less Multi-Model",
  "fast half, SWEET less the better",
  "exits, SWEET less Early-Exit",
];

function between(low: number | null, high: number | null): string {
  return low === null || high === null ? "-" : `${signed(low / 100)} to ${signed(high / 100)}`;
}

function nameWidth(study: Study): number {
  const longest = Math.max(...study.tasks.map((task) => taskLabel(study, task).length));
  return Math.min(longest, lineWidth - 5 * 9 - 1);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

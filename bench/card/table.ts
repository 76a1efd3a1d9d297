// Prints a short table of the results in a folder.
//
//   node table.ts FOLDER
import { readMeasured } from "./measured.ts";

interface Line {
  step: string;
  how: string;
  numbers: (number | undefined)[];
}

const [folder = "."] = process.argv.slice(2);
const { ours, torch, failures } = readMeasured(folder);
const lines: Line[] = [
  ...ours.map((r) => ({
    step: `${r.model} ${r.rows}x${r.tokens}`,
    how: `ours, ${r.device}${r.device === "cuda" ? `, ${r.precision}` : ""}, ${r.masks === "none" ? "no dropout" : `masks: ${r.masks}`}`,
    numbers: [r.stepMs, r.wholeMs, r.inputsMs, r.perRunMs, r.steps, r.openMs, r.tflops, r.MiB],
  })),
  ...torch.map((t) => ({
    step: `${t.model} ${t.rows}x${t.tokens}`,
    how: `PyTorch, ${t.precision}${t.compile === "none" ? "" : `, compile ${t.compile}`}`,
    numbers: [t.stepMs, undefined, undefined, undefined, undefined, undefined, undefined, t.MiB],
  })),
].sort((a, b) => a.step.localeCompare(b.step));
const head = ["ms/step", "whole", "inputs", "ms/run", "steps", "open ms", "TFLOP/s", "MiB"];
print("step", "how", head);
for (const { step, how, numbers } of lines) {
  print(
    step,
    how,
    numbers.map((x) => (x === undefined ? "" : String(Number(x.toPrecision(3))))),
  );
}
for (const line of failures) console.log(line);

function print(step: string, how: string, cells: readonly string[]): void {
  console.log(
    [step.padEnd(18), how.padEnd(36), ...cells.map((cell) => cell.padStart(8))].join(" "),
  );
}

// Compares the encoders and tokenizers with Hugging Face's, prints both tables, and writes them into
// docs/parity.md. The reference values are committed, so no Python is needed.
import { readFile, writeFile } from "node:fs/promises";
import { tokenizerParity, tokenizers } from "@sweetspot/tokenizer/testing";
import { compareGradients, compareStates, encoderCase } from "../test/encoder-parity.ts";
import { executions, largestError, readEncoderFacts } from "../test/reference/bert-reference.ts";
import { table, withParts } from "./markdown.ts";
import { help } from "./help.ts";

help(
  `npm run update:parity\n\nCompares the encoders and tokenizers with Hugging Face's and writes both tables into docs/parity.md.`,
);

const page = new URL("../docs/parity.md", import.meta.url);

/** One significant digit, rounded up, so that other machines' rounding rarely changes it. */
function bound(error: number): string {
  if (error === 0) return "0";
  const exponent = Math.floor(Math.log10(error));
  const digit = Math.ceil(error / 10 ** exponent);
  return digit === 10 ? `1e${exponent + 1}` : `${digit}e${exponent}`;
}

const facts = await readEncoderFacts();
const encoderRows: string[][] = [];
for (const kind of Object.keys(facts.encoders)) {
  const encoder = await encoderCase(facts, kind);
  for (const execution of executions) {
    const states = await compareStates(encoder, execution);
    const worst = (prefix: string) =>
      Math.max(
        ...states.filter((s) => s.name.startsWith(prefix)).map((s) => largestError(s.got, s.want)),
      );
    const gradients = await Promise.all(
      (["early-exit", "sweet"] as const).map(async (method) =>
        Math.max(
          ...(await compareGradients(encoder, execution, method)).map((g) =>
            largestError(g.got, g.want),
          ),
        ),
      ),
    );
    const errors = [worst("hidden."), worst("logits."), ...gradients];
    encoderRows.push([`${kind}, ${execution.name}`, ...errors.map(bound)]);
  }
}
const encoderTable = table(
  ["encoder", "hidden states", "logits", "gradients, early-exit", "gradients, SWEET"],
  encoderRows,
);

const tokenizerRows: string[][] = [];
for (const name of Object.keys(tokenizers)) {
  const { strings, mismatches } = await tokenizerParity(name);
  tokenizerRows.push([name, String(strings), String(mismatches.length)]);
}
const tokenizerTable = table(["tokenizer", "strings", "mismatches"], tokenizerRows);

console.log(`${encoderTable}\n\n${tokenizerTable}`);
const parts = { encoders: encoderTable, tokenizers: tokenizerTable };
await writeFile(page, withParts(await readFile(page, "utf8"), parts));

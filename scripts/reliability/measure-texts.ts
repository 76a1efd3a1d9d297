// Measures each tokenizer on a megabyte of the texts that are slowest to read.
import { textTokenizer } from "@sweetspot/tokenizer";
import { slowParts, tokenizers } from "@sweetspot/tokenizer/testing";
import { help } from "../help.ts";
import { writeFigures } from "./page.ts";

help(
  "npm run measure:texts\n\nTimes each tokenizer on a megabyte of texts that are slow to read and puts the slowest into docs/reliability.md.",
);

const bytes = 1_000_000;
const rows: (string | number)[][] = [];
for (const [name, load] of Object.entries(tokenizers)) {
  const tokenizer = textTokenizer(await load());
  const slowest = { cut: { ms: 0, what: "" }, whole: { ms: 0, what: "" } };
  for (const [what, part] of Object.entries(slowParts)) {
    const text = part.repeat(Math.ceil(bytes / Buffer.byteLength(part)));
    for (const [way, maxLength] of [
      ["cut", 128],
      ["whole", 10 * bytes],
    ] as const) {
      // The processor's time: how busy the machine is does not count.
      const begun = process.cpuUsage();
      tokenizer.encode(text, undefined, { maxLength });
      const { user, system } = process.cpuUsage(begun);
      const ms = (user + system) / 1000;
      if (ms > slowest[way].ms) slowest[way] = { ms, what };
    }
  }
  const shown = ({ ms, what }: { ms: number; what: string }) =>
    `${(ms / 1000).toFixed(2)} (${what})`;
  rows.push([name, shown(slowest.cut), shown(slowest.whole)]);
  console.log(`${name}: ${rows.at(-1)?.slice(1).join(", whole ")}`);
}
await writeFigures("texts", ["tokenizer", "maxLength 128, s", "whole, s"], rows);

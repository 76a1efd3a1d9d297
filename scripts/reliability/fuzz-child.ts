// Reads damaged files, in a separate process that `fuzz.ts` can end if it hangs:
//
//   tsx fuzz-child.ts WORK READER FIRST LAST
//
// Before each mutant it prints its number, and after one that goes wrong `NUMBER FILE: WHAT`; at the end,
// as JSON, how many were read and refused, the slowest, and the memory.
import { makeReaders } from "./readers.ts";
import { readMutants } from "./read-mutants.ts";

const [work = "", name = "", first = "0", last = "0"] = process.argv.slice(2);
const reader = (await makeReaders(work)).find((r) => r.name === name);
if (reader === undefined) throw new RangeError(`fuzz: no reader ${name}`);
const print = (line: string | number): void => console.log(String(line));
const range = { first: Number(first), last: Number(last), work };
const outcome = await readMutants(reader, range, print, print);
const memoryBytes = process.resourceUsage().maxRSS * 1024;
print(JSON.stringify({ ...outcome, memoryBytes }));

// Reads damaged parquet files in a separate process, so that its parent can end it if it hangs:
// tsx read-mutants.ts FOLDER FIRST LAST. It prints each mutant's number before reading it, and what is
// wrong if it is misread.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readParquet } from "../src/formats/parquet.ts";
import { madeSeeds, parquetMutant } from "../src/testing/parquet-mutants.ts";

const [folder = "", first = "0", last = "0"] = process.argv.slice(2);
const reference = join(import.meta.dirname, "..", "reference", "parquet");
const names = (await readdir(reference)).filter((name) => name.endsWith(".parquet")).sort();
const seeds = [
  ...(await Promise.all(names.map((name) => readFile(join(reference, name))))),
  ...madeSeeds,
];

const file = join(folder, `mutant-${first}.parquet`);
let slowest = 0;
for (let number = Number(first); number < Number(last); number++) {
  console.log(String(number));
  await writeFile(file, parquetMutant(seeds[number % seeds.length] ?? new Uint8Array(), number));
  const begun = performance.now();
  const wrong = await readParquet(file, ["sentence", "kind", "label", "flag", "idx", "score"]).then(
    ({ rows }) => (rows.length < 1000 ? undefined : `${rows.length} rows`),
    (error: Error) => (error.message.startsWith(`${file}: `) ? undefined : String(error.stack)),
  );
  slowest = Math.max(slowest, performance.now() - begun);
  if (wrong !== undefined) console.log(`${number}: ${wrong}`);
}
console.log(
  `slowest ${slowest.toFixed(0)} ms, ${(process.resourceUsage().maxRSS / 1e6).toFixed(2)} GB`,
);

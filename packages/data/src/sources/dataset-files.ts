import { basename, dirname, extname } from "node:path";
import { didYouMean } from "@sweetspot/artifact";

/** A file of a split. */
interface SplitFile {
  file: string;
  /** The shard's index from 0 and the number of shards, which is unknown for shards in a folder of their own. */
  shard?: { index: number; of?: number };
}

/** The files of a configuration: by the split that they are named after, and by a keyword in their names. */
export interface ConfigFiles {
  named: Map<string, SplitFile[]>;
  /** Split -> name -> files; if several names have the keyword, the user must choose one. */
  keyword: Map<string, Map<string, SplitFile[]>>;
}

const extensions = [".parquet", ".csv", ".tsv", ".jsonl", ".ndjson", ".json"];

/** Words in a file name that the library `datasets` reads as a split. */
const keywords: readonly (readonly [string, RegExp])[] = [
  ["train", /(?:^|[-._ 0-9])(?:train|training)(?:[-._ 0-9]|$)/i],
  ["validation", /(?:^|[-._ 0-9])(?:validation|valid|dev|val)(?:[-._ 0-9]|$)/i],
  ["test", /(?:^|[-._ 0-9])(?:test|testing|eval|evaluation)(?:[-._ 0-9]|$)/i],
];

/**
 * Configuration -> the files of its splits, by the naming rules of the Hub and the library `datasets`:
 * `CONFIG/SPLIT-00000-of-00002.parquet`, with or without a hash at the end; `CONFIG/SPLIT/0000.parquet`;
 * `SPLIT/any.parquet`; `SPLIT.csv`; `my_train_file.csv`. If a split has several formats, parquet is
 * used. A `.json` file counts only if its name, or its folder's, has a split's keyword.
 *
 * Source: datasets 4.0, `data_files.py` (keywords and shards).
 */
export function configsOf(files: readonly string[]): Map<string, ConfigFiles> {
  const configs = new Map<string, ConfigFiles>();
  for (const file of files) {
    if (!extensions.includes(extname(file))) continue;
    const { config, split, keyword, shard } = placeOf(file);
    if (extname(file) === ".json" && keyword === undefined) continue;
    const found = configs.get(config) ?? { named: new Map(), keyword: new Map() };
    configs.set(config, found);
    const entry = { file, ...(shard && { shard }) };
    add(found.named, split, entry);
    if (keyword === undefined || keyword === split) continue;
    const names = found.keyword.get(keyword) ?? new Map<string, SplitFile[]>();
    found.keyword.set(keyword, names);
    add(names, split, entry);
  }
  return configs;
}

interface Place {
  config: string;
  /** What the file is named after. */
  split: string;
  /** The split whose keyword is in its name. */
  keyword?: string;
  shard?: SplitFile["shard"];
}

function placeOf(file: string): Place {
  const stem = basename(file, extname(file));
  const folder = dirname(file) === "." ? "" : dirname(file);
  const sharded = /^(.+)-(\d{5})-of-(\d{5})(?:-[0-9A-Za-z]+)?$/.exec(stem);
  if (sharded !== null) {
    const [, split = "", index, of] = sharded;
    return place(folder, split, { index: Number(index), of: Number(of) });
  }
  // A folder of its own: numbered files, as in the Hub's conversions, or any files.
  const inner = basename(folder);
  const outer = dirname(folder) === "." ? "" : dirname(folder);
  if (/^\d{4,5}$/.test(stem) && inner !== "") return place(outer, inner, { index: Number(stem) });
  const own = keywordOf(stem) === undefined ? keywordOf(inner) : undefined;
  return own === undefined ? place(folder, stem) : place(outer, inner);
}

function place(folder: string, split: string, shard?: SplitFile["shard"]): Place {
  const config = folder === "" || folder === "data" ? "default" : folder;
  const keyword = keywordOf(split);
  return { config, split, ...(keyword && { keyword }), ...(shard && { shard }) };
}

function keywordOf(name: string): string | undefined {
  return keywords.find(([, pattern]) => pattern.test(name))?.[0];
}

function add(splits: Map<string, SplitFile[]>, split: string, entry: SplitFile): void {
  const others = splits.get(split) ?? [];
  const [first = entry] = others;
  if (others.length > 0 && extname(first.file) === extname(entry.file)) others.push(entry);
  else if (others.length === 0) splits.set(split, [entry]);
  else if (extname(entry.file) === ".parquet") splits.set(split, [entry]);
}

/**
 * The default split to test on: `validation`, else `test`; if no file is named so, by the keywords in
 * file names.
 */
export function testSplitOf({ named, keyword }: ConfigFiles): string {
  const splits = ["validation", "test"];
  return (
    splits.find((split) => named.has(split)) ?? splits.find((split) => keyword.has(split)) ?? "test"
  );
}

/**
 * The files of a split, shards in order.
 *
 * @param where names the configuration in errors
 * @throws RangeError that lists the splits if this one is missing or ambiguous, or names the missing
 *   shard
 */
export function filesOf({ named, keyword }: ConfigFiles, split: string, where: string): string[] {
  const names = keyword.get(split);
  if (!named.has(split) && names !== undefined && names.size > 1)
    throw new RangeError(
      `${where}: the split "${split}" could be ${[...names.keys()].join(" or ")}; name one of them (trainSplit, testSplit)`,
    );
  const files = named.get(split) ?? names?.values().next().value;
  if (files === undefined)
    throw new RangeError(
      `${where}: no split "${split}", ${didYouMean(split, [...new Set([...named.keys(), ...keyword.keys()])])}`,
    );
  return inOrder(files, `${where}: split "${split}"`);
}

function inOrder(files: readonly SplitFile[], where: string): string[] {
  if (files.every((file) => file.shard === undefined)) return files.map(({ file }) => file);
  const of = files[0]?.shard?.of;
  const byIndex = new Map<number, string>();
  for (const { file, shard } of files) {
    const other =
      shard === undefined ? files.find((f) => f.file !== file)?.file : byIndex.get(shard.index);
    if (shard === undefined || other !== undefined || shard.of !== of)
      throw new RangeError(
        `${where}: expected the shards of one set, got ${other ?? files[0]?.file} and ${file}; remove those of the other set`,
      );
    byIndex.set(shard.index, file);
  }
  const count = of ?? files.length;
  return Array.from({ length: count }, (_, index) => {
    const file = byIndex.get(index);
    if (file !== undefined) return file;
    throw new RangeError(
      `${where}: expected ${count} shards, but number ${index} (counted from 0) is missing; fetch the data set again`,
    );
  });
}

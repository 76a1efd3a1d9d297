import { didYouMean, parse, readJson } from "@sweetspot/artifact";
import type { Repository } from "@sweetspot/hub";
import { z } from "zod";
import type { Pooling } from "../exits/exit-definition.ts";

/** The pooling modes of sentence-transformers, by the flags for them before 5.4. */
const modeOfFlag = {
  pooling_mode_cls_token: "cls",
  pooling_mode_max_tokens: "max",
  pooling_mode_mean_tokens: "mean",
  pooling_mode_mean_sqrt_len_tokens: "mean_sqrt_len_tokens",
  pooling_mode_weightedmean_tokens: "weightedmean",
  pooling_mode_lasttoken: "lasttoken",
} as const;

const supported: Readonly<Record<string, Pooling>> = { mean: "mean", cls: "first-token" };

const flag = z.boolean().nullish();
const schema = z.looseObject({
  pooling_mode: z.union([z.string(), z.array(z.string())]).nullish(),
  ...(Object.fromEntries(Object.keys(modeOfFlag).map((key) => [key, flag])) as Record<
    keyof typeof modeOfFlag,
    typeof flag
  >),
});

const fix =
  "choose how the exits read a layer with the setting pooling of train: first-token or mean";

/**
 * The pooling that the `config.json` of sentence-transformers' module Pooling asks for: in `pooling_mode`
 * since 5.4, in one flag for each mode before.
 *
 * @param where the file's path, for the errors
 * @throws TypeError, naming the file and the key, for an unknown mode; RangeError for one that exits do not
 *   have, for several modes, and if `pooling_mode` and the flags disagree
 * Source: sentence-transformers 6.2, sentence_transformer/modules/pooling.py.
 */
export function poolingOfConfig(json: unknown, where: string): Pooling {
  const c = parse(schema, json, where);
  const flags = Object.keys(modeOfFlag) as (keyof typeof modeOfFlag)[];
  const present = flags.filter((key) => typeof c[key] === "boolean");
  const on = present.filter((key) => c[key] === true);
  const modes = typeof c.pooling_mode === "string" ? [c.pooling_mode] : c.pooling_mode;
  for (const mode of modes ?? []) checkMode(mode, where);
  const flagged: string[] = on.map((key) => modeOfFlag[key]);
  if (modes && present.length > 0 && modes.toSorted().join() !== flagged.toSorted().join()) {
    const said = on.length === 0 ? `${present.join(", ")}: false` : `${on.join(", ")}: true`;
    throw new RangeError(
      `${where}: pooling_mode: ${JSON.stringify(c.pooling_mode)} disagrees with ${said}; ${fix}`,
    );
  }
  // By default, sentence-transformers takes the mean.
  const all = modes ?? (flagged.length === 0 ? ["mean"] : flagged);
  const [mode = "", ...others] = all;
  const pooling = others.length === 0 ? supported[mode] : undefined;
  if (pooling !== undefined) return pooling;
  const key = modes ? "pooling_mode" : on.join(", ");
  throw new RangeError(
    `${where}: ${key}: expected one of the modes mean and cls, got ${all.join(" and ") || "none"}; ${fix}`,
  );
}

function checkMode(mode: string, where: string): void {
  const known: string[] = Object.values(modeOfFlag);
  if (known.includes(mode)) return;
  throw new TypeError(
    `${where}: pooling_mode: unknown ${JSON.stringify(mode).slice(0, 80)}, ${didYouMean(mode, known)}; ${fix}`,
  );
}

const modulesFile = "modules.json";
const modulesSchema = z.array(z.looseObject({ type: z.string(), path: z.string() }));
const usualFolder = "1_Pooling";

/**
 * How a repository's model was trained to read its last layer: by the module Pooling of
 * sentence-transformers in the folder that `modules.json` names, or in `1_Pooling`; by the first token if
 * there is none.
 *
 * @throws Error, naming the file and the key, as `poolingOfConfig` does, and for another kind of pooling
 */
export async function repositoryPooling(repository: Repository): Promise<Pooling> {
  const files = await repository.files();
  const folder = files.includes(modulesFile) ? await poolingFolder(repository) : undefined;
  const file = `${folder ?? usualFolder}/config.json`;
  if (!files.includes(file)) {
    if (folder === undefined) return "first-token";
    throw new Error(
      `${await repository.path(modulesFile)}: path: names ${folder}, but there is no ${file} beside it; ${fix}`,
    );
  }
  const path = await repository.path(file);
  return poolingOfConfig(await readJson(path), path);
}

/** The folder of the module Pooling in `modules.json`; undefined if it has none. */
async function poolingFolder(repository: Repository): Promise<string | undefined> {
  const path = await repository.path(modulesFile);
  const modules = parse(modulesSchema, await readJson(path), path).filter(({ type }) =>
    className(type).includes("Pooling"),
  );
  const [module, ...others] = modules;
  if (module === undefined) return undefined;
  const known = className(module.type) === "Pooling";
  if (known && others.length === 0) return module.path;
  const got = modules.map(({ type }) => JSON.stringify(type).slice(0, 80)).join(" and ");
  throw new RangeError(`${path}: type: expected one module Pooling, got ${got}; ${fix}`);
}

function className(type: string): string {
  return type.split(".").at(-1) ?? "";
}

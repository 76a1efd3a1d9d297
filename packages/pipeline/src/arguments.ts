import { existsSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";

/** The arguments after `--`. */
export interface Arguments {
  /** A folder's name in `pipelines/`, or the path of a folder or of a YAML file. */
  pipeline: string;
  /** Show the cells and what would run; run nothing. */
  dry: boolean;
  /** How many cells may run at once; by default as many as cores and memory allow. */
  concurrency?: number | undefined;
  /** The size, in GB, above which the least recently used entries of turbo's cache are deleted. */
  cacheGb?: number | undefined;
  /** Ids of cells, where `*` matches any characters: run the matching cells and the cells they read. */
  filters: string[];
  /** Print the usage; do nothing else. */
  help: boolean;
}

const synopsis = "[NAME | PATH] [--dry] [--filter=CELL] [--concurrency=N] [--cache-gb=N]";

/** The lines of `--help`. */
export const usage: readonly string[] = [
  `usage: pipeline ${synopsis}`,
  "  NAME             pipelines/NAME/pipeline.yaml; by default demo",
  "  PATH             a folder with a pipeline.yaml, or a YAML file",
  "  --dry            list the cells, which of them are cached, and what the others need; run nothing",
  "  --concurrency=N  run N cells at once; by default as many as cores and memory allow",
  "  --filter=CELL    run the cells with this id, where * matches anything, and the cells they read; keep",
  "                   the weights of the former; may be given several times",
  "  --cache-gb=N     delete the least recently used results in turbo's cache above N GB; by default 10",
];

/** @throws RangeError if an argument is unknown or repeated */
export function readArguments(args: readonly string[]): Arguments {
  const read: Partial<Arguments> = {};
  const filters: string[] = [];
  const help = args.includes("--help") || args.includes("-h");
  if (help) return { pipeline: "demo", dry: false, filters, help };
  for (const arg of args) {
    const [key, value] =
      arg === "--dry"
        ? (["dry", true] as const)
        : arg.startsWith("--filter=")
          ? (["filter", arg.slice("--filter=".length)] as const)
          : arg.startsWith("--concurrency=")
            ? (["concurrency", Number(arg.slice("--concurrency=".length))] as const)
            : arg.startsWith("--cache-gb=")
              ? (["cacheGb", Number(arg.slice("--cache-gb=".length))] as const)
              : (["pipeline", arg] as const);
    const noCount =
      typeof value === "number" && !(value > 0 && (key === "cacheGb" || Number.isInteger(value)));
    if ((key === "pipeline" && arg.startsWith("-")) || value === "" || noCount) {
      throw new RangeError(`pipeline: expected ${synopsis}, got ${arg}`);
    }
    if (key === "filter") {
      filters.push(value);
      continue;
    }
    if (read[key] !== undefined)
      throw new RangeError(`pipeline: expected ${synopsis}, got ${arg} as well`);
    Object.assign(read, { [key]: value });
  }
  return { pipeline: "demo", dry: false, filters, help, ...read };
}

/** A pipeline's file and name. */
export interface Found {
  file: string;
  name: string;
}

/**
 * Finds a pipeline: `NAME` is `pipelines/NAME/pipeline.yaml`; a path is a YAML file, or a folder that
 * contains a `pipeline.yaml`. The pipeline is named after the folder, or after the file if that has another
 * name.
 *
 * @throws RangeError if there is none, or its name does not begin with a letter or digit (`..` would lead
 *   out of `.run/` and `runs/`)
 */
export function findPipeline(pipeline: string, root: string): Found {
  const candidates = [join(root, "pipelines", pipeline), resolve(root, pipeline)];
  for (const path of candidates) {
    const file =
      existsSync(path) && statSync(path).isDirectory() ? join(path, "pipeline.yaml") : path;
    if (!existsSync(file)) continue;
    const stem = basename(file, extname(file));
    const name = stem === "pipeline" ? basename(dirname(file)) : stem;
    if (!/^[\p{L}\p{N}]/u.test(name)) {
      throw new RangeError(
        `pipeline: expected a name that begins with a letter or digit, got ${JSON.stringify(name)} (of ${file}); rename it`,
      );
    }
    return { file, name: name.replaceAll(/[^A-Za-z0-9.-]/g, "_") };
  }
  throw new RangeError(
    `pipeline: expected a folder in pipelines/, a path to a folder with a pipeline.yaml, or a path to a YAML file, got ${pipeline}`,
  );
}

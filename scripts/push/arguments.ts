import { parseArgs } from "node:util";

/** The arguments after `--`. */
export interface PushArguments {
  pipeline: string;
  /** `TASK.ENCODER.METHOD.SEED`; needed if the pipeline has several. */
  combination?: string | undefined;
  /** `ORG/NAME` on the Hub; needed unless `dry`. */
  to?: string | undefined;
  private: boolean;
  /** Which model of a multi-model cascade, from 1; by default the deepest. */
  member?: number | undefined;
  /** Write the folder; upload nothing. */
  dry: boolean;
}

/** How to call the script. */
export const usage: string =
  "npm run push -- PIPELINE[/CELL] [--to ORG/NAME] [--private] [--member N] [--dry]";

/** @throws RangeError if an argument is unknown, missing or malformed */
export function readPushArguments(args: readonly string[]): PushArguments {
  const { positionals, values } = parsed(args);
  const [place = "", ...more] = positionals;
  const [pipeline = "", combination, ...deeper] = place.replace(/\/$/, "").split("/");
  if (pipeline === "" || pipeline.startsWith(".") || more.length + deeper.length > 0) {
    throw new RangeError(
      `push: expected one PIPELINE or PIPELINE/CELL, got ${positionals.join(" ") || "none"}; ${usage}`,
    );
  }
  const { to, member, dry = false } = values;
  if (to !== undefined && !/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(to))
    throw new RangeError(`push: --to: expected ORG/NAME, got ${JSON.stringify(to)}`);
  if (member !== undefined && !/^[1-9]\d*$/.test(member))
    throw new RangeError(`push: --member: expected a number from 1, got ${JSON.stringify(member)}`);
  if (to === undefined && !dry) {
    throw new RangeError(
      `push: expected --to ORG/NAME, the repository on the Hub, or --dry, which uploads nothing; ${usage}`,
    );
  }
  return {
    pipeline,
    combination,
    to,
    private: values.private ?? false,
    member: member === undefined ? undefined : Number(member),
    dry,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        to: { type: "string" },
        private: { type: "boolean" },
        member: { type: "string" },
        dry: { type: "boolean" },
      },
    });
  } catch (cause) {
    throw new RangeError(`push: ${(cause as Error).message}; ${usage}`, { cause });
  }
}

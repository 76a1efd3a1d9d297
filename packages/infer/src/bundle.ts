import { type TextTokenizer, textTokenizer } from "@sweetspot/tokenizer";
import { join } from "node:path";
import {
  type BundleFile,
  openArtifact,
  type Precision,
  precisionsOf,
  readBundle,
  readJson,
} from "@sweetspot/artifact";
import { type Device, openSession } from "@sweetspot/runtime";
import { Segment } from "./segment.ts";

/** How a bundle's segments run. */
export interface SessionOptions {
  /** The device that segments run on; by default `cpu`. If it is not available, that is an error: there is no fallback. */
  device?: Device;
  /** Threads of each segment on the CPU; by default the environment variable SWEETSPOT_THREADS, or else one per core. The last bits of a logit can depend on it. */
  threads?: number;
}

/** How to open a bundle. */
export interface BundleOptions extends SessionOptions {
  /** By default fp32 if the bundle has it, else int8. */
  precision?: Precision;
}

/** A bundle that is loaded and ready to run. The caller disposes of it. */
export interface Bundle extends BundleFile {
  tokenizer: TextTokenizer;
  /** What its segments compute with. */
  precision: Precision;
  /** By member, then by segment. */
  sessions: readonly (readonly Segment[])[];
  /** Frees every segment; a second call does nothing. */
  dispose(): Promise<void>;
}

/**
 * Opens the folder that the stage `export` wrote and loads all its segments in one precision.
 *
 * @throws Error that names the file if the folder is not an artifact, a file's hash does not match the
 *   manifest, or `bundle.json` does not match the schema; Error that says what to install if the
 *   device is not available; RangeError if the bundle has no files of the precision
 */
export async function openBundle(dir: string, options: BundleOptions = {}): Promise<Bundle> {
  const artifact = await openArtifact(dir);
  const file = artifact.path("bundle.json");
  const description = await readBundle(file);
  const precision = precisionOf(description, file, options.precision);
  const tokenizerFile = artifact.path("tokenizer.json");
  const tokenizer = textTokenizer(await readJson(tokenizerFile), tokenizerFile);
  const opened: Segment[] = [];
  const dispose = async () => {
    await Promise.all(opened.map((s) => s.dispose()));
  };
  const classes = description.labels.length;
  try {
    const sessions: Segment[][] = [];
    for (const { segments } of description.members) {
      const member: Segment[] = [];
      for (const { files, exitLayer, layers } of segments) {
        const name = files[precision] ?? "";
        const session = await openSession(artifact.path(name), options);
        const segment = new Segment(session, { path: join(dir, name), exitLayer, layers, classes });
        opened.push(segment);
        member.push(segment);
      }
      sessions.push(member);
    }
    return { ...description, precision, tokenizer, sessions, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** @throws RangeError if the bundle has no files of the precision that was asked for */
function precisionOf(bundle: BundleFile, file: string, asked?: Precision): Precision {
  const has = precisionsOf(bundle);
  const [first] = has;
  const precision = asked ?? first;
  if (precision !== undefined && has.includes(precision)) return precision;
  throw new RangeError(
    `${file}: expected a bundle with ${asked}, got one with ${has.join(" and ")}; choose that, or export it with precision: ${asked}, or both`,
  );
}

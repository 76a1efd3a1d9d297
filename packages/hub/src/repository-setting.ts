import { z } from "zod";

/** A folder on disk, as a stage's settings name it. */
export interface FolderSetting {
  /** Relative to the current directory. */
  folder: string;
  /** What `repositorySha256` must be, in hexadecimal. */
  sha256?: string | undefined;
}

/** A repository of the Hub at one commit, as a stage's settings name it. */
export interface HubSetting {
  /** `ORG/NAME`. */
  hub: string;
  /** The commit, 40 hexadecimal digits. */
  revision: string;
}

/** Where a model or a data set is. */
export type RepositorySetting = FolderSetting | HubSetting;

/** An encoder: the name of one that comes with a package, or where its files are. */
export type EncoderSetting = string | RepositorySetting;

/** The schema of a stage's setting that names a repository. */
export const repositorySetting: z.ZodType<RepositorySetting> = z.union([
  z.strictObject({
    folder: z.string().min(1),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  }),
  z.strictObject({
    hub: z.string().min(1),
    revision: z.string().regex(/^[0-9a-f]{40}$/, "must be a commit, 40 hexadecimal digits"),
  }),
]);

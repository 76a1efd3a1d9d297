import { didYouMean } from "@sweetspot/artifact";

/** A repository on the Hub at a revision. */
export interface HubReference {
  type: "model" | "dataset";
  /** `ORG/NAME`; the oldest repositories have only `NAME`. */
  name: string;
  /** A branch, a tag or the 40 hex digits of a commit; `main` unless given. */
  revision?: string;
}

/** Where a model or data set is, as {@link parseReference} reads it: a folder, or a repository's name. */
export type RepositoryReference = { folder: string } | { name: string; revision?: string };

const part = "[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?";
const nameRule = new RegExp(`^${part}(?:/${part})?$`);
const revisionRule = /^[\w][\w.+@-]*(?:\/[\w][\w.+@-]*)*$/;
const allowed =
  "expected a folder (./x, ../x or /x) or a repository on the Hub (ORG/NAME or NAME, optionally with @REVISION)";

/**
 * Parses the text that names a model or a data set: `./x`, `../x` and `/x` are folders; `ORG/NAME` and
 * `NAME`, optionally with `@REVISION`, are repositories on the Hub.
 *
 * @throws RangeError that says what is allowed
 */
export function parseReference(text: string): RepositoryReference {
  if (/^\.{0,2}\//.test(text)) return { folder: text };
  const at = text.indexOf("@");
  const name = at < 0 ? text : text.slice(0, at);
  const revision = at < 0 ? undefined : text.slice(at + 1);
  if (!isName(name)) {
    const hint = /^(?:model|dataset)s?\//.test(name)
      ? `; leave out "${name.slice(0, name.indexOf("/") + 1)}"`
      : "";
    throw new RangeError(`repository: ${allowed}, got "${text}"${hint}`);
  }
  if (revision === undefined) return { name };
  if (!isRevision(revision))
    throw new RangeError(
      `repository: expected a branch, a tag or a commit after the @, got "${revision}" in "${text}"`,
    );
  return { name, revision };
}

/**
 * Checks the parts of a reference, which become parts of URLs and of paths on disk.
 *
 * @throws RangeError that says what is allowed
 */
export function checkReference({ type, name, revision }: HubReference): void {
  if (type !== "model" && type !== "dataset")
    throw new RangeError(`hub: unknown type "${String(type)}", ${didYouMean(String(type), types)}`);
  if (!isName(name))
    throw new RangeError(`hub: expected a repository's name, ORG/NAME or NAME, got "${name}"`);
  if (revision !== undefined && !isRevision(revision))
    throw new RangeError(`hub: expected a branch, a tag or a commit of ${name}, got "${revision}"`);
}

const types = ["model", "dataset"];

/** Whether a revision is a commit: 40 hex digits. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** The rules of Hugging Face's `validate_repo_id`; `--` is the separator in names of cache folders. */
function isName(name: string): boolean {
  return (
    nameRule.test(name) && name.length <= 96 && !/--|\.\./.test(name) && !name.endsWith(".git")
  );
}

function isRevision(revision: string): boolean {
  return revisionRule.test(revision) && !revision.includes("..");
}

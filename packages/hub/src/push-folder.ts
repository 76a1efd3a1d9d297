import { pathToFileURL } from "node:url";
import { createRepo, modelInfo, uploadFiles } from "@huggingface/hub";
import { connect, type HubClient, type HubOptions, libraryFetch } from "./transfer/client.ts";
import { hubToken, isOffline } from "./transfer/environment.ts";
import { describe, HubError, type Subject } from "./transfer/hub-error.ts";
import { openFolder } from "./open-folder.ts";
import { checkReference } from "./repository-reference.ts";

/** What {@link pushFolder} uploads, and where. */
export interface Push extends HubOptions {
  folder: string;
  /** `ORG/NAME` of the model repository. */
  name: string;
  /** Whether a new repository is private; by default the organisation's setting. */
  private?: boolean;
  /** The title of the commit. */
  message?: string;
}

/**
 * Uploads all files of a folder to a model repository on the Hub, in one commit, and creates the
 * repository if needed. Other files of the repository stay. Hidden files are left out.
 *
 * @returns the URL of the commit
 * @throws Error that says what to do if there is no token, it has no write access, the folder is empty,
 *   or the Hub refuses
 */
export async function pushFolder(push: Push): Promise<string> {
  const { folder, name, message = "Upload with Sweetspot" } = push;
  checkReference({ type: "model", name });
  if (!name.includes("/"))
    throw new RangeError(
      `pushFolder: expected ORG/NAME, got "${name}"; put your account name before it`,
    );
  const subject: Subject = { type: "model", name, to: "write" };
  if (isOffline()) throw new Error(`${name}: HF_HUB_OFFLINE forbids uploads; unset it`);
  const client = await connect(push);
  const accessToken = await hubToken();
  if (accessToken === undefined)
    throw new Error(
      `${name}: expected a token with write access in HF_TOKEN, got none; make one at ${client.endpoint}/settings/tokens`,
    );
  // @huggingface/hub accepts no other.
  if (!accessToken.startsWith("hf_"))
    throw new RangeError(
      `${name}: expected a token that starts with hf_ in HF_TOKEN; copy it again`,
    );
  const files = await openFolder(folder);
  const paths = await files.files();
  if (paths.length === 0)
    throw new Error(`${folder}: expected files to upload to ${name}, got an empty folder`);

  const repo = { type: "model", name } as const;
  const to = { hubUrl: client.endpoint, fetch: libraryFetch(client, subject), accessToken };
  if (!(await exists(client, subject))) {
    const visibility = push.private ? ("private" as const) : ("public" as const);
    await createRepo({ repo, ...(push.private !== undefined && { visibility }), ...to });
    client.log(`${name}: created the ${push.private ? "private " : ""}repository`);
  }
  client.log(`${name}: uploading ${paths.length} ${paths.length === 1 ? "file" : "files"}`);
  const contents = paths.map(async (path) => ({
    path,
    // A URL, not bytes: the library then reads the file piece by piece.
    content: pathToFileURL(await files.path(path)),
  }));
  const output = await uploadFiles({
    repo,
    files: await Promise.all(contents),
    commitTitle: message,
    // Large files whole or in large parts, not in xet's small pieces: xet needs a 404 not to be an error,
    // and more of the Hub than the tests' server has. The Hub accepts both.
    useXet: false,
    ...to,
  });
  if (output === undefined)
    throw new Error(`${describe(subject)}: expected a commit from ${client.endpoint}, got none`);
  return output.commit.url;
}

async function exists(client: HubClient, { type, name }: Subject): Promise<boolean> {
  const fetch = libraryFetch(client, { type, name, to: "write" });
  return modelInfo({ name, hubUrl: client.endpoint, fetch }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof HubError && error.status === 404) return false;
      throw error;
    },
  );
}

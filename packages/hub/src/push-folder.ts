import { pathToFileURL } from "node:url";
import { createRepo, modelInfo, uploadFiles } from "@huggingface/hub";
import { connect, type HubClient, type HubOptions, libraryFetch } from "./transfer/client.ts";
import { hubToken, isOffline } from "./transfer/environment.ts";
import { describe, HubError, type Subject } from "./transfer/hub-error.ts";
import { openFolder } from "./open-folder.ts";
import { checkReference } from "./repository-reference.ts";

/** What {@link pushFolder} puts where. */
export interface Push extends HubOptions {
  folder: string;
  /** `ORG/NAME` of the model repository. */
  name: string;
  /** Whether the repository is private, if it has to be made; else as the organisation has it. */
  private?: boolean;
  /** The title of the commit. */
  message?: string;
}

/**
 * Puts all files of a folder into a model repository on the Hub, in one commit; makes the repository if
 * there is none. Files of the repository that the folder has not stay. Hidden files are left out.
 *
 * @returns the address of the commit
 * @throws Error that says what to do if there is no token in `HF_TOKEN`, it may not write, the folder
 *   is empty, or the Hub refuses
 */
export async function pushFolder(push: Push): Promise<string> {
  const { folder, name, message = "Upload with Sweetspot" } = push;
  checkReference({ type: "model", name });
  if (!name.includes("/"))
    throw new RangeError(
      `pushFolder: expected ORG/NAME, got "${name}"; put your account before it`,
    );
  const subject: Subject = { type: "model", name, to: "write" };
  if (isOffline()) throw new Error(`${name}: HF_HUB_OFFLINE forbids to upload; unset it`);
  const client = await connect(push);
  const accessToken = await hubToken();
  if (accessToken === undefined)
    throw new Error(
      `${name}: expected a token that may write in HF_TOKEN, got none; make one at ${client.endpoint}/settings/tokens`,
    );
  // @huggingface/hub takes no other.
  if (!accessToken.startsWith("hf_"))
    throw new RangeError(`${name}: expected a token that begins hf_ in HF_TOKEN; copy it anew`);
  const files = await openFolder(folder);
  const paths = await files.files();
  if (paths.length === 0)
    throw new Error(`${folder}: expected files to upload to ${name}, got an empty folder`);

  const repo = { type: "model", name } as const;
  const to = { hubUrl: client.endpoint, fetch: libraryFetch(client, subject), accessToken };
  if (!(await exists(client, subject))) {
    const visibility =
      push.private === undefined
        ? {}
        : ({ visibility: push.private ? "private" : "public" } as const);
    await createRepo({ repo, ...visibility, ...to });
    client.log(`${name}: made the ${push.private ? "private " : ""}repository`);
  }
  client.log(`${name}: uploading ${paths.length} ${paths.length === 1 ? "file" : "files"}`);
  const contents = paths.map(async (path) => ({
    path,
    // By its address and not as bytes: the library reads such a file piece by piece.
    content: pathToFileURL(await files.path(path)),
  }));
  const output = await uploadFiles({
    repo,
    files: await Promise.all(contents),
    commitTitle: message,
    // Large files whole (or in large parts), not by xet's small pieces: those need a 404 to be no error,
    // and more of the Hub than a test can stand in for. The Hub takes both.
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

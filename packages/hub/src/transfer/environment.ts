import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { getHFHubCachePath } from "@huggingface/hub";

/**
 * The Hub's address: `HF_ENDPOINT`, or https://huggingface.co, without a slash at the end.
 *
 * @throws RangeError if it is not an http(s) address, or holds a password
 */
export function hubEndpoint(): string {
  const text = process.env["HF_ENDPOINT"] || "https://huggingface.co";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username || url.password))
    throw new RangeError(
      "HF_ENDPOINT: expected an address without a user or password; put a token in HF_TOKEN instead",
    );
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search || url.hash)
    throw new RangeError(
      `HF_ENDPOINT: expected an http(s) address like https://huggingface.co, got "${text}"`,
    );
  return url.href.replace(/\/+$/, "");
}

/** Whether `HF_HUB_OFFLINE` forbids the network: 1, true, yes or on, in any case. */
export function isOffline(): boolean {
  return /^(?:1|true|yes|on)$/i.test(process.env["HF_HUB_OFFLINE"] ?? "");
}

/**
 * The token, from where Hugging Face's Python tools read it: `HF_TOKEN`, else the file `HF_TOKEN_PATH`,
 * else `token` in `HF_HOME`.
 *
 * @throws RangeError, without the token in it, if it cannot be part of a header
 */
export async function hubToken(): Promise<string | undefined> {
  const home =
    process.env["HF_HOME"] ??
    join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "huggingface");
  const file = fromHome(process.env["HF_TOKEN_PATH"] ?? join(home, "token"));
  const given = process.env["HF_TOKEN"]?.trim();
  const token = given || (await readFile(file, "utf8").catch(() => "")).trim();
  // fetch would throw "invalid header value", with the token in the message.
  if (!/^[\x21-\x7e]*$/.test(token))
    throw new RangeError(
      `${given ? "HF_TOKEN" : file}: expected one token, got spaces or letters that no token has; copy it again`,
    );
  return token || undefined;
}

/** The cache that Hugging Face's Python tools share. */
export function cacheFolder(): string {
  return fromHome(getHFHubCachePath());
}

/** Expands `~`, as Python's tools do; @huggingface/hub would make a folder of that name. */
function fromHome(path: string): string {
  return path.replace(/^~(?=$|[\\/])/, homedir());
}

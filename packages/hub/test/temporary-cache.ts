import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";

/** The environment that the library reads. */
const names = [
  "HF_HOME",
  "HF_HUB_CACHE",
  "HUGGINGFACE_HUB_CACHE",
  "XDG_CACHE_HOME",
  "HF_ENDPOINT",
  "HF_TOKEN",
  "HF_TOKEN_PATH",
  "HF_HUB_OFFLINE",
];

/**
 * Gives each test of a file an empty cache and an environment without settings of the Hub, and puts
 * back what was there.
 *
 * @returns the folder that HF_HOME names, read when a test runs
 */
export function temporaryCache(): () => string {
  let home = "";
  let before: (string | undefined)[] = [];
  beforeEach(async () => {
    before = names.map((name) => process.env[name]);
    for (const name of names) delete process.env[name];
    home = await mkdtemp(join(tmpdir(), "hub-"));
    process.env["HF_HOME"] = home;
  });
  afterEach(async () => {
    for (const [i, name] of names.entries()) {
      const value = before[i];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(home, { recursive: true });
  });
  return () => home;
}

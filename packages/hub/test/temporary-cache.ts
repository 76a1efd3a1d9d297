import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { clearHubEnvironment } from "../src/testing/hub-environment.ts";

/**
 * Gives each test of a file an empty cache and an environment without settings of the Hub, and puts
 * back what was there.
 *
 * @returns the folder that HF_HOME names, read when a test runs
 */
export function temporaryCache(): () => string {
  let home = "";
  let restore = (): void => undefined;
  beforeEach(async () => {
    restore = clearHubEnvironment();
    home = await mkdtemp(join(tmpdir(), "hub-"));
    process.env["HF_HOME"] = home;
  });
  afterEach(async () => {
    restore();
    await rm(home, { recursive: true });
  });
  return () => home;
}

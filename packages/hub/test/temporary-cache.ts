import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { clearHubEnvironment } from "../src/testing/hub-environment.ts";

/**
 * Gives each test of a file an empty cache and an environment without the Hub's settings, and restores
 * the environment afterwards.
 *
 * @returns a function that gives the folder of HF_HOME while a test runs
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

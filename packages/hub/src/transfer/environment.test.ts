import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryCache } from "../../test/temporary-cache.ts";
import { cacheFolder, hubEndpoint, hubToken, isOffline } from "./environment.ts";

const home = temporaryCache();

it("the endpoint is the Hub's unless HF_ENDPOINT names another", () => {
  expect(hubEndpoint()).toBe("https://huggingface.co");
  process.env["HF_ENDPOINT"] = "http://localhost:8080/mirror/";
  expect(hubEndpoint()).toBe("http://localhost:8080/mirror");
});

it.each(["huggingface.co", "ftp://x", "file:///etc", "https://x?y=z"])(
  "%s is not an endpoint",
  (endpoint) => {
    process.env["HF_ENDPOINT"] = endpoint;
    expect(() => hubEndpoint()).toThrow(`HF_ENDPOINT: expected an http(s) address`);
  },
);

it("a password in the endpoint is refused and not shown", () => {
  process.env["HF_ENDPOINT"] = "https://me:geheim@huggingface.co";
  expect(() => hubEndpoint()).toThrow(/^(?!.*geheim).*without a user or password/);
});

it.each(["1", "true", "YES", "On"])("HF_HUB_OFFLINE=%s forbids the network", (value) => {
  process.env["HF_HUB_OFFLINE"] = value;
  expect(isOffline()).toBe(true);
});

it.each(["", "0", "false", "no"])('HF_HUB_OFFLINE="%s" does not forbid it', (value) => {
  process.env["HF_HUB_OFFLINE"] = value;
  expect(isOffline()).toBe(false);
});

it("the cache is where Python's tools put it", () => {
  expect(cacheFolder()).toBe(join(home(), "hub"));
  process.env["HF_HUB_CACHE"] = "~/elsewhere";
  expect(cacheFolder()).toBe(join(homedir(), "elsewhere"));
  delete process.env["HF_HUB_CACHE"];
  delete process.env["HF_HOME"];
  process.env["XDG_CACHE_HOME"] = "/cache";
  expect(cacheFolder()).toBe("/cache/huggingface/hub");
  delete process.env["XDG_CACHE_HOME"];
  expect(cacheFolder()).toBe(join(homedir(), ".cache/huggingface/hub"));
});

it("the token comes from HF_TOKEN, else HF_TOKEN_PATH, else HF_HOME", async () => {
  expect(await hubToken()).toBeUndefined();
  await writeFile(join(home(), "token"), "hf_home\n");
  expect(await hubToken()).toBe("hf_home");
  process.env["HF_TOKEN_PATH"] = join(home(), "other");
  await writeFile(join(home(), "other"), "hf_path");
  expect(await hubToken()).toBe("hf_path");
  process.env["HF_TOKEN"] = " hf_variable\n";
  expect(await hubToken()).toBe("hf_variable");
});

it("a token that cannot be in a header is refused and not shown", async () => {
  process.env["HF_TOKEN"] = "hf_geheim\nhf_zwei";
  await expect(hubToken()).rejects.toThrow(/^(?!.*(?:geheim|zwei)).*HF_TOKEN: expected one token/);
});

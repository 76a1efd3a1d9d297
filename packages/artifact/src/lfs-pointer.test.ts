import { expect, test } from "vitest";
import { lfsPointerProblem } from "./lfs-pointer.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each(["\n", "\r\n"])("a Git LFS pointer with line ends %j is recognised", (end) => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0a".repeat(32)}\nsize 90868376\n`;
  expect(lfsPointerProblem(encode(pointer.replaceAll("\n", end)))).toMatch(
    /^is a Git LFS pointer.*git lfs pull/,
  );
});

test.each([
  "",
  "version https://git-lfs.github.com/spec/v1",
  "text,label\nversion,1\n",
  "version https://git-lfs.github.com/spec/v2\n",
  '{"a":1}',
])("%j is not a pointer", (text) => {
  expect(lfsPointerProblem(encode(text))).toBeUndefined();
});

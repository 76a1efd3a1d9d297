import { expect, it } from "vitest";
import { checkReference, parseReference } from "./repository-reference.ts";

it.each(["./x", "../x", "/x", "./"])("%s is a folder", (text) => {
  expect(parseReference(text)).toEqual({ folder: text });
});

it.each([
  ["bert-base-uncased", { name: "bert-base-uncased" }],
  ["org/some.model_v2", { name: "org/some.model_v2" }],
  ["org/name@v1.0", { name: "org/name", revision: "v1.0" }],
  ["name@refs/pr/1", { name: "name", revision: "refs/pr/1" }],
])("%s is a repository", (text, source) => {
  expect(parseReference(text)).toEqual(source);
});

it.each([
  "",
  "a/b/c",
  "x y",
  "~/x",
  "C:\\x",
  "a..b",
  "a--b",
  "-a",
  "a/",
  "https://huggingface.co/a/b",
])('"%s" is neither, and the error says what is allowed', (text) => {
  expect(() => parseReference(text)).toThrow(/expected a folder.*or a repository.*ORG\/NAME/);
});

it.each(["a/b@", "a/b@../x", "a/b@x..y", "a/b@/x", "a/b@x y", "a/b@.x"])(
  '"%s" has no valid revision after the @',
  (text) => {
    expect(() => parseReference(text)).toThrow("expected a branch, a tag or a commit after the @");
  },
);

it("a superfluous prefix is named", () => {
  expect(() => parseReference("datasets/org/name")).toThrow('leave out "datasets/"');
});

it("a reference is checked before it becomes a path or a URL", () => {
  expect(() => checkReference({ type: "model", name: "../x" })).toThrow('got "../x"');
  expect(() => checkReference({ type: "model", name: "a/b", revision: "../x" })).toThrow(
    'got "../x"',
  );
  // What TypeScript would not let through, JavaScript does.
  const type = "modle" as "model";
  expect(() => checkReference({ type, name: "a/b" })).toThrow('did you mean "model"');
});

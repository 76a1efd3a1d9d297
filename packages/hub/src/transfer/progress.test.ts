import { expect, it } from "vitest";
import { progressLines } from "./progress.ts";

function follow(size: number, have = 0) {
  const lines: string[] = [];
  let ms = 0;
  const report = progressLines(
    { label: "a/b: model.bin", size, have },
    (line) => lines.push(line),
    {
      now: () => ms,
    },
  );
  return { lines, at: (time: number, bytes: number) => ((ms = time), report(bytes)) };
}

it("a large file is logged when it starts, then at most every five seconds", () => {
  const { lines, at } = follow(200e6);
  at(1000, 10e6);
  at(5000, 50e6);
  at(9999, 99e6);
  at(11_000, 110e6);
  expect(lines).toEqual([
    "a/b: model.bin: fetching 200.0 MB",
    "a/b: model.bin: 25 %, 50.0 of 200.0 MB, 10.0 MB/s",
    "a/b: model.bin: 55 %, 110.0 of 200.0 MB, 10.0 MB/s",
  ]);
});

it("bytes from an earlier run are logged, and do not count in the rate", () => {
  const { lines, at } = follow(100e6, 40e6);
  at(10_000, 60e6);
  expect(lines).toEqual([
    "a/b: model.bin: fetching 100.0 MB (40.0 MB already here)",
    "a/b: model.bin: 60 %, 60.0 of 100.0 MB, 2.0 MB/s",
  ]);
});

it("a small file is logged only if it takes long", () => {
  const { lines, at } = follow(5e6);
  at(4000, 1e6);
  expect(lines).toEqual([]);
  at(6000, 3e6);
  expect(lines).toEqual(["a/b: model.bin: 60 %, 3.0 of 5.0 MB, 0.5 MB/s"]);
});

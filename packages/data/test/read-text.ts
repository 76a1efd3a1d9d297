import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { readOwnFile } from "../src/sources/own-file.ts";
import type { TaskExamples } from "../src/sources/examples.ts";

/** Reads files that a test makes, in a folder that exists while the tests of a file run. */
export interface TextReader {
  folder(): string;
  /** Reads `content` as a file of this name, with the columns `text` and `label`. */
  read(name: string, content: string | Uint8Array, more?: object): Promise<TaskExamples>;
  /** The message of the error that reading throws, without the folder's name. */
  problem(name: string, content: string | Uint8Array, more?: object): Promise<string>;
}

export function textReader(): TextReader {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sweetspot-data-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const read: TextReader["read"] = async (name, content, more = {}) => {
    await writeFile(join(folder, name), content);
    return readOwnFile({ file: join(folder, name), text: "text", label: "label", ...more });
  };
  return {
    folder: () => folder,
    read,
    async problem(name, content, more) {
      const error = await read(name, content, more).then(
        () => new Error("none"),
        (e: Error) => e,
      );
      return error.message.replaceAll(`${folder}/`, "");
    },
  };
}

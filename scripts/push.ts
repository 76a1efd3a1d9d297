// Writes a trained classifier as a repository of the Hugging Face Hub into
// .run/PIPELINE/hub/COMBINATION, lists its files and uploads it.
//
//   npm run push -- PIPELINE[/CELL] [--to ORG/NAME] [--private] [--member N] [--dry]
//
// HF_TOKEN holds a token that may write there. With --dry nothing is uploaded and no token is needed.
import { mkdir, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { writeRepository } from "@sweetspot/export";
import { pushFolder } from "@sweetspot/hub";
import { help } from "./help.ts";
import { readPushArguments, usage } from "./push/arguments.ts";
import { openCombination } from "./push/combination.ts";
import { repositoryContent } from "./push/repository-content.ts";

help(
  `${usage}\n\nWrites a trained classifier as a repository of the Hugging Face Hub, and uploads it unless --dry.`,
  ["--to", "--private", "--member", "--dry"],
);

// npm runs scripts in the project's folder.
const root = process.cwd();

try {
  await push(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function push(args: readonly string[]): Promise<void> {
  const {
    pipeline,
    combination: id,
    to,
    private: isPrivate,
    member,
    dry,
  } = readPushArguments(args);
  const combination = await openCombination(root, pipeline, id);
  const folder = join(root, ".run", pipeline, "hub", combination.id);
  const content = await repositoryContent(combination, to ?? `ORG/${combination.id}`, member);
  await mkdir(dirname(folder), { recursive: true });
  const { files, difference } = await writeRepository(folder, content);
  let total = 0;
  for (const file of files) {
    const { size } = await stat(join(folder, file));
    total += size;
    console.log(`${megabytes(size)}  ${file}`);
  }
  console.log(
    `${megabytes(total)}  in all; logits within ${difference.toExponential(1)} of the training definition`,
  );
  console.log(relative(root, folder));
  if (dry || to === undefined) return;
  console.log(await pushFolder({ folder, name: to, private: isPrivate, log: console.log }));
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1).padStart(9)} MB`;
}

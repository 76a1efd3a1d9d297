import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test.each(["packages/data", "."])("turbo run pipeline in %s runs the pipeline", (folder) => {
  const turbo = fileURLToPath(new URL("../node_modules/turbo/bin/turbo", import.meta.url));
  const args = [turbo, "run", "pipeline", "--dry-run=json", "--", "smoke"];
  const output = execFileSync(process.execPath, args, {
    cwd: fileURLToPath(new URL(`../${folder}`, import.meta.url)),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { tasks } = JSON.parse(output) as {
    tasks: { taskId: string; command: string; cliArguments: string[] }[];
  };
  expect(
    tasks.filter((t) => t.command !== "<NONEXISTENT>" && t.taskId.endsWith("pipeline")),
  ).toEqual([expect.objectContaining({ taskId: "//#pipeline", cliArguments: ["smoke"] })]);
});

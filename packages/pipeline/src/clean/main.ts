#!/usr/bin/env node
import { createInterface } from "node:readline/promises";
import { clean } from "./clean.ts";

// The command line of `npm run clean`.
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
try {
  const done = await clean(process.argv.slice(2), {
    root: process.cwd(),
    show: (line) => console.log(line),
    ask: process.stdin.isTTY ? ask : undefined,
  });
  if (!done) process.exitCode = 1;
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

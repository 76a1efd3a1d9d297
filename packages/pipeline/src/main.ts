#!/usr/bin/env node
import { command } from "./command.ts";

// The command line. A signal stops the run; the exit status is the shell's for that signal.
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const controller = new AbortController();
for (const [signal, status] of Object.entries(signals)) {
  process.on(signal, () => {
    process.exitCode ??= status;
    controller.abort();
  });
}
// The reader of the output is gone.
process.stdout.on("error", () => {
  process.exitCode ??= signals.SIGHUP;
  controller.abort();
});
try {
  const done = await command(process.argv.slice(2), {
    root: process.cwd(),
    show: (line) => console.log(line),
    stop: controller.signal,
  });
  if (!done) process.exitCode ??= 1;
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exitCode ??= 1;
}
if (controller.signal.aborted) {
  console.log("interrupted; the next run resumes from the last checkpoint");
}

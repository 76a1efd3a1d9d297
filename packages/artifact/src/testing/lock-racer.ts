// A process that `lock-races.ts` starts: for each line `FOLDER` it tries to take that lock, prints `won`
// or `lost`, and keeps the lock until the line `release`.
import { createInterface } from "node:readline";
import { type Lock, tryLock } from "../lock/lock.ts";

let held: Lock | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "release") {
    await held?.release();
    held = undefined;
    console.log("released");
    continue;
  }
  held = (await tryLock(line)).lock;
  console.log(held === undefined ? "lost" : "won");
}

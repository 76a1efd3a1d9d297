// Fetches one file in a separate process: argv has the repository, the commit and the file.
import { openHub } from "../src/open-hub.ts";

const [, , name = "", revision = "", file = ""] = process.argv;
console.log(await openHub({ type: "model", name, revision }).path(file));

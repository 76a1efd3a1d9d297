import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHub, pinRevision } from "@sweetspot/hub";
import {
  badBlobs,
  clearHubEnvironment,
  gitHash,
  type HubServer,
  startHubServer,
} from "@sweetspot/hub/testing";
import { help } from "../help.ts";
import { config, type HostileCase, name, token, weights } from "./hostile-answers.ts";
import { hostileCases } from "./hostile-cases.ts";
import { writeFigures } from "./page.ts";

/** The result of the campaign. */
export interface HostileHubResult {
  name: string;
  cases: number;
  /** One line per problem. */
  failures: string[];
}

/** An error must come within this time; the cases' stall times are far shorter than the default. */
const boundMs = 20_000;
const stallMs = 150;

/**
 * Requests a file from a hostile Hub on this machine, once for each kind of hostility. A case passes if an
 * error that names the repository (and the file, if one was requested) comes in bounded time, nothing half
 * written or wrong is in the cache and nothing outside it, and the token was sent to no other host and is
 * in no message. It changes the Hub's environment variables while it runs.
 *
 * @param show called with one line for each case
 */
export async function hostileHub(show: (line: string) => void): Promise<HostileHubResult> {
  const failures: string[] = [];
  for (const hostile of hostileCases) {
    const started = performance.now();
    const { problems, message } = await run(hostile);
    const ms = Math.round(performance.now() - started);
    failures.push(...problems.map((problem) => `${hostile.title}: ${problem}`));
    const verdict = problems.length === 0 ? "ok    " : "FAILED";
    show(`${verdict} ${hostile.title} (${ms} ms): ${problems.join("; ") || message.slice(0, 160)}`);
  }
  return { name: "hostile-hub", cases: hostileCases.length, failures };
}

async function run(hostile: HostileCase): Promise<{ problems: string[]; message: string }> {
  const restore = clearHubEnvironment();
  const root = await mkdtemp(join(tmpdir(), "hostile-"));
  const home = join(root, "home");
  await mkdir(home);
  const files = { "config.json": config, "model.bin": weights, ...hostile.files };
  const server = await startHubServer([{ type: "model", name, files }], { token });
  process.env["HF_HOME"] = home;
  process.env["HF_ENDPOINT"] = server.endpoint;
  process.env["HF_TOKEN"] = token;
  try {
    hostile.prepare?.(server);
    const lines: string[] = [];
    const ended = await outcome(hostile, server, lines);
    const problems = [
      ...problemsOf(hostile, ended),
      ...leaks(server, [...lines, ended.message]),
      ...(await leftovers(root, home, files)),
    ];
    return { problems, message: ended.message };
  } finally {
    await server.close();
    restore();
    await rm(root, { recursive: true });
  }
}

interface Ended {
  /** `late`: it had not ended in time. */
  how: "answer" | "error" | "late";
  message: string;
}

async function outcome(hostile: HostileCase, server: HubServer, lines: string[]): Promise<Ended> {
  const options = {
    log: (line: string) => lines.push(line),
    wait: () => Promise.resolve(),
    stallMs,
  };
  const ask = async () => {
    if (hostile.ask === "revision") return pinRevision({ type: "model", name }, options);
    const revision = hostile.revision ?? server.commitOf(name);
    const repository = openHub({ type: "model", name, revision }, options);
    if (hostile.ask === "files") return (await repository.files()).join(", ");
    let last = "";
    for (const file of hostile.ask) {
      last = await readFile(await repository.path(file), "latin1");
      const want = hostile.files?.[file] ?? { "config.json": config, "model.bin": weights }[file];
      if (last !== Buffer.from(want ?? "").toString("latin1"))
        throw new Error(`WRONG BYTES for ${file}`);
    }
    return `${last.length} bytes`;
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Ended>((done) => {
    timer = setTimeout(() => done({ how: "late", message: `no end in ${boundMs} ms` }), boundMs);
  });
  const asked = ask().then(
    (answer): Ended => ({ how: "answer", message: answer }),
    (error: unknown): Ended => ({
      how: "error",
      message: error instanceof Error ? error.message : String(error),
    }),
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

function problemsOf({ ask, ends = "error" }: HostileCase, { how, message }: Ended): string[] {
  if (how === "answer") return ends === "error" ? [`an answer, ${message.slice(0, 80)}`] : [];
  if (how === "late" || ends === "answer") return [message];
  const problems: string[] = [];
  if (!message.startsWith(name)) problems.push(`the error does not begin with ${name}: ${message}`);
  const file = typeof ask === "string" ? undefined : ask.at(-1);
  // An error about a wrong listing need not name the requested file.
  const listing = /listing|names of files inside|expected JSON|answer/.test(message);
  if (file !== undefined && !listing && !message.includes(file))
    problems.push(`the error does not name ${file}: ${message}`);
  if (message.includes("WRONG BYTES")) problems.push(message);
  if (message.length > 2000) problems.push(`the error has ${message.length} characters`);
  return problems;
}

function leaks(server: HubServer, texts: readonly string[]): string[] {
  const problems = texts.some((text) => text.includes(token)) ? ["the token is in a message"] : [];
  const elsewhere = server.requests.filter(
    ({ host, authorization, url }) =>
      host === "store" && (authorization !== undefined || url.includes(token)),
  );
  return elsewhere.length > 0 ? [...problems, "the token was sent to another host"] : problems;
}

/** Files in the cache that are not whole, and files outside it. */
async function leftovers(
  root: string,
  home: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<string[]> {
  const outside = (await readdir(root)).filter((entry) => entry !== "home");
  const problems = outside.map((entry) => `${entry} was written outside the cache`);
  problems.push(...(await badBlobs(home)).map((blob) => `a bad blob ${blob}`));
  const good = new Set(Object.values(files).map((content) => gitHash(Buffer.from(content))));
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory() || !entry.parentPath.includes("snapshots")) continue;
    const content = await readFile(join(entry.parentPath, entry.name)).catch(() => undefined);
    if (content === undefined || !good.has(gitHash(content)))
      problems.push(`the snapshot's ${entry.name} is not what the repository has`);
  }
  return problems;
}

if (import.meta.filename === process.argv[1]) await main();

async function main(): Promise<void> {
  help(
    `npm run hostile-hub\n\nAsks a hostile Hub on this machine (127.0.0.1) for a file in ${hostileCases.length} ways and puts its figures into docs/reliability.md. Ends with 1 if an error lacks a name or comes late, something half written is left, or the token leaks. Needs no network.`,
  );
  const { cases, failures } = await hostileHub((line) => console.log(line));
  console.log(`${cases} cases, ${failures.length} failures`);
  if (failures.length > 0) process.exitCode = 1;
  await writeFigures(
    "hostile-hub",
    ["", "cases", "failures"],
    [["a hostile Hub", cases, failures.length]],
  );
}

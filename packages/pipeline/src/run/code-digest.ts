import { existsSync } from "node:fs";
import { readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { sha256 } from "@sweetspot/artifact";
import { type Node, parse, type Token } from "acorn";

/** What a stage's result depends on besides its settings and inputs. */
export interface CodeDigest {
  /** Node's major version: JavaScript's arithmetic may change with it. */
  node: number;
  /** sha256 of the script that runs the stage. */
  script: string;
  /** This project's packages that the stage uses -> sha256 of their built code. */
  packages: Record<string, string>;
  /** Everything else that those packages depend on -> the installed version. */
  dependencies: Record<string, string>;
}

interface PackageJson {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
}

/** Digests code, reading each package once. */
export class CodeDigester {
  readonly #script: string;
  readonly #packages = new Map<string, Promise<string>>();

  /** @param script the file that runs the stages; packages are resolved from there, as Node does */
  constructor(script: string) {
    this.#script = script;
  }

  /**
   * The digest of a package and of those of the same scope (`@sweetspot/`) that it depends on, directly or
   * indirectly, with the versions of their other dependencies.
   *
   * @throws Error if a package is not installed or not built
   */
  async digest(name: string): Promise<CodeDigest> {
    const scope = `${name.split("/")[0]}/`;
    const packages: Record<string, string> = {};
    const dependencies: Record<string, string> = {};
    const left: [name: string, from: string][] = [[name, dirname(this.#script)]];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [wanted, user] = next;
      if (wanted in packages || wanted in dependencies) continue;
      const folder = await packageFolder(wanted, user);
      const manifest = JSON.parse(
        await readFile(join(folder, "package.json"), "utf8"),
      ) as PackageJson;
      if (!wanted.startsWith(scope)) {
        dependencies[wanted] = manifest.version;
        continue;
      }
      const known = this.#packages.get(folder) ?? digestFolder(join(folder, "dist"), wanted);
      this.#packages.set(folder, known);
      packages[wanted] = await known;
      for (const dependency of Object.keys(manifest.dependencies ?? {})) {
        left.push([dependency, folder]);
      }
    }
    const node = Number(process.versions.node.split(".")[0]);
    const script = digestCode(await readFile(this.#script, "utf8"));
    return { node, script, packages: sorted(packages), dependencies: sorted(dependencies) };
  }
}

/**
 * The folder of an installed package, symbolic links followed.
 *
 * @throws Error if it is not installed where Node would look for it from the folder `from`
 */
export async function packageFolder(name: string, from: string): Promise<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return realpath(candidate);
    if (folder === dirname(folder)) break;
  }
  throw new Error(`${name}: not installed (looked from ${from}); run npm ci`);
}

async function digestFolder(dist: string, name: string): Promise<string> {
  const entries = await readdir(dist, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((e) => e.isFile() && /\.[cm]?js$/.test(e.name))
    .map((e) => join(e.parentPath, e.name))
    // No stage runs what tests share.
    .filter((file) => !/^testing(\.js$|[\\/])/.test(relative(dist, file)))
    .sort();
  if (files.length === 0) {
    throw new Error(`${name}: not built (no code in ${dist}); run npm run build`);
  }
  const digests: string[] = [];
  for (const file of files) {
    const path = relative(dist, file).split(sep).join("/");
    digests.push(`${path} ${digestCode(await readFile(file, "utf8"))}`);
  }
  return sha256(digests.join("\n"));
}

/**
 * sha256 of JavaScript's tokens, so comments and whitespace do not change it. Nor do line ends: where one
 * matters, the compiler that wrote the code put a semicolon.
 *
 * @throws SyntaxError if `code` is not a module
 */
export function digestCode(code: string): string {
  const tokens: string[] = [];
  const onToken = ({ start, end }: Token): void => {
    tokens.push(code.slice(start, end));
  };
  parse(code, { ecmaVersion: "latest", sourceType: "module", onToken }) satisfies Node;
  return sha256(JSON.stringify(tokens));
}

function sorted(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

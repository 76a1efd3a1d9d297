/** A platform on which installing must work. */
export interface Platform {
  os: string;
  cpu: string;
  /** On Linux only. */
  libc?: string;
}

/** The platforms that the README promises. */
export const platforms: readonly Platform[] = [
  { os: "darwin", cpu: "arm64" },
  { os: "win32", cpu: "x64" },
  { os: "linux", cpu: "x64", libc: "glibc" },
  { os: "linux", cpu: "arm64", libc: "glibc" },
];

/** A package in `package-lock.json`. */
interface Entry {
  version?: string;
  integrity?: string;
  link?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

/** The part of `package-lock.json` (lockfile version 3) that is read here. */
export interface LockFile {
  /** Path, such as `node_modules/a/node_modules/b` -> entry. */
  packages: Record<string, Entry>;
}

/**
 * What a lock file lacks: the hash of an installed package, or a package that another lists as optional (if
 * `node_modules` exists, npm leaves out the packages of other platforms).
 *
 * @returns a line for each problem; none if the lock file is complete
 */
export function lockProblems({ packages }: LockFile): string[] {
  const lines: string[] = [];
  for (const [place, entry] of Object.entries(packages)) {
    if (!place.includes("node_modules/") || entry.link === true) continue;
    if (entry.integrity === undefined) lines.push(`${place}: no integrity`);
    const optional = Object.keys(entry.optionalDependencies ?? {});
    for (const name of optional) {
      if (found(packages, place, name) === undefined)
        lines.push(`${place}: its optional package ${name} is not in the lock file`);
    }
    for (const platform of missingPlatforms(packages, place, optional))
      lines.push(`${place}: no package for ${nameOf(platform)}`);
  }
  return lines;
}

/** `name@version` of each package that is installed on a platform only because of its platform. */
export function platformPackages({ packages }: LockFile, platform: Platform): string[] {
  return Object.entries(packages)
    .filter(([, entry]) => entry.optional === true && entry.os !== undefined)
    .filter(([, entry]) => entry.cpu !== undefined && runsOn(entry, platform))
    .map(([place, { version }]) => `${place.replace(/^.*node_modules\//, "")}@${version}`);
}

/** The platform's name, in the words of npm's options. */
export function nameOf({ os, cpu, libc }: Platform): string {
  return [os, cpu, ...(libc === undefined ? [] : [libc])].join(" ");
}

/** The platforms without a build, for a native package that has one package per platform. */
function missingPlatforms(
  packages: LockFile["packages"],
  place: string,
  optional: readonly string[],
): readonly Platform[] {
  const builds = optional
    .map((name) => found(packages, place, name))
    .filter((entry) => entry?.os !== undefined && entry.cpu !== undefined);
  const has = (platform: Platform) => builds.some((entry) => entry && runsOn(entry, platform));
  // A package for some platforms only, such as macOS's file watcher, does not count as one.
  return builds.length > 1 && platforms.some(has) ? platforms.filter((p) => !has(p)) : [];
}

function runsOn({ os, cpu, libc }: Entry, platform: Platform): boolean {
  const lists = (list: readonly string[] | undefined, value: string | undefined) =>
    list === undefined || value === undefined || list.includes(value);
  return lists(os, platform.os) && lists(cpu, platform.cpu) && lists(libc, platform.libc);
}

/** The entry that Node would find for an import: in the package's folder, or in one above it. */
function found(packages: LockFile["packages"], place: string, name: string): Entry | undefined {
  const above = (folder: string) =>
    folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")));
  for (let folder = place; folder !== ""; folder = above(folder)) {
    const entry = packages[`${folder}/node_modules/${name}`];
    if (entry !== undefined) return entry;
  }
  return packages[`node_modules/${name}`];
}

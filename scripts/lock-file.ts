/** A platform that installing must work on. */
export interface Platform {
  os: string;
  cpu: string;
  /** On Linux. */
  libc?: string;
}

/** Those that the README promises. */
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

/** What is read of `package-lock.json`, lockfile version 3. */
export interface LockFile {
  /** Place, such as `node_modules/a/node_modules/b` -> entry. */
  packages: Record<string, Entry>;
}

/**
 * What a lock file lacks: a hash of an installed package, or a package that another lists as optional
 * (npm leaves out those of platforms other than the one that it ran on, if `node_modules` was there).
 *
 * @returns a line for each problem; none if the lock file is whole
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

/** As npm's options write it. */
export function nameOf({ os, cpu, libc }: Platform): string {
  return [os, cpu, ...(libc === undefined ? [] : [libc])].join(" ");
}

/** The platforms that a native package, one that brings itself in a package for each, has none for. */
function missingPlatforms(
  packages: LockFile["packages"],
  place: string,
  optional: readonly string[],
): readonly Platform[] {
  const builds = optional
    .map((name) => found(packages, place, name))
    .filter((entry) => entry?.os !== undefined && entry.cpu !== undefined);
  const has = (platform: Platform) => builds.some((entry) => entry && runsOn(entry, platform));
  // One that is for some platforms only, such as a Mac's watcher of files, is not such a package.
  return builds.length > 1 && platforms.some(has) ? platforms.filter((p) => !has(p)) : [];
}

function runsOn({ os, cpu, libc }: Entry, platform: Platform): boolean {
  const lists = (list: readonly string[] | undefined, value: string | undefined) =>
    list === undefined || value === undefined || list.includes(value);
  return lists(os, platform.os) && lists(cpu, platform.cpu) && lists(libc, platform.libc);
}

/** The entry that Node would find for a package's import: in its folder, or in one above. */
function found(packages: LockFile["packages"], place: string, name: string): Entry | undefined {
  const above = (folder: string) =>
    folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")));
  for (let folder = place; folder !== ""; folder = above(folder)) {
    const entry = packages[`${folder}/node_modules/${name}`];
    if (entry !== undefined) return entry;
  }
  return packages[`node_modules/${name}`];
}

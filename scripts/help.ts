/**
 * Every script here calls this first: with `--help` or `-h` it prints the usage and exits; with an unknown
 * option it exits with status 2.
 *
 * @param usage how to call the script, and what it does
 * @param options the script's options, such as `--table`
 */
export function help(usage: string, options: readonly string[] = []): void {
  const asked = process.argv.slice(2);
  if (asked.some((word) => word === "--help" || word === "-h")) {
    console.log(usage);
    process.exit(0);
  }
  const unknown = asked.find(
    (word) => /^-./.test(word) && !options.includes(word.split("=")[0] ?? ""),
  );
  if (unknown === undefined) return;
  console.error(`unknown option ${unknown}\n\n${usage}`);
  process.exit(2);
}

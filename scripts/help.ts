/**
 * The beginning of every script here: with `--help` or `-h` it prints how the script is called and ends
 * the process, and an option that the script does not have ends it with status 2.
 *
 * @param usage how the script is called, and what it does
 * @param options those that it has, such as `--table`
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
  console.error(`no option ${unknown}\n\n${usage}`);
  process.exit(2);
}

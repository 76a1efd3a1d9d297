// Summarises ONNX Runtime's profile of a session: which operators ran where, how often and how long (as the
// host sees it: on a card, the time to launch), and what was copied between devices. Prints JSON.
//
//   node profile.ts FILE.json STEPS
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";

const event = z.object({
  cat: z.string(),
  name: z.string(),
  dur: z.number().default(0),
  args: z
    .object({ op_name: z.string().default("?"), provider: z.string().default("?") })
    .optional(),
});
type Event = z.infer<typeof event>;

const [file = "", stepsText] = process.argv.slice(2);
const steps = Number(stepsText);
const events = z.array(event).parse(JSON.parse(readFileSync(file, "utf8")));
const nodes = events.filter((e) => e.cat === "Node" && e.name.endsWith("_kernel_time"));
const inner = nodes.filter((e) => !isLoop(e));
const onHost = inner.filter((e) => provider(e) === "CPU");
const result = {
  file: basename(file),
  steps,
  providers: sums(inner, provider),
  loops: sums(nodes.filter(isLoop), (e) => `${operator(e)} on ${provider(e)}`),
  copies: sums(
    inner.filter((e) => operator(e).startsWith("Memcpy")),
    operator,
  ),
  onHost: sums(onHost, operator),
  hostNodes: sums(onHost, (e) => e.name.replace(/_kernel_time$/, "")).slice(0, 25),
  top: sums(inner, (e) => `${provider(e)} ${operator(e)}`).slice(0, 20),
  session: events
    .filter((e) => e.cat === "Session")
    .map((e) => ({ name: e.name, ms: Number((e.dur / 1000).toFixed(1)) })),
  // Kernels, if the build records them.
  kernels: sums(
    events.filter((e) => e.cat === "Kernel"),
    (e) => e.name,
  ).slice(0, 20),
};
console.log(JSON.stringify(result));

function operator(e: Event): string {
  return e.args?.op_name ?? "?";
}

function provider(e: Event): string {
  return (e.args?.provider ?? "?").replace("ExecutionProvider", "");
}

function isLoop(e: Event): boolean {
  return ["Scan", "Loop", "If"].includes(operator(e));
}

/** Counts and microseconds per step, by key; the longest first. */
function sums(list: readonly Event[], key: (e: Event) => string) {
  const groups = new Map<string, { count: number; us: number }>();
  for (const e of list) {
    const group = groups.get(key(e)) ?? { count: 0, us: 0 };
    groups.set(key(e), { count: group.count + 1, us: group.us + e.dur });
  }
  return [...groups]
    .sort((a, b) => b[1].us - a[1].us)
    .map(([name, { count, us }]) => ({
      name,
      perStep: Number((count / steps).toFixed(1)),
      usPerStep: Math.round(us / steps),
    }));
}

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { compileLoop } from "@sweetspot/compile/session";
import { openTrainingLoop } from "./training-loop.ts";
import { trainingWork, batch } from "./training-work.ts";
if (process.argv[3]) batch.T = Number(process.argv[3]);
for (const f of readdirSync("/tmp/gpu").filter((f) => f.startsWith("bp_"))) rmSync("/tmp/gpu/" + f);
const loop = await openTrainingLoop(await trainingWork(process.argv[2] as never), { open: (d) => compileLoop(d, { profile: "/tmp/gpu/bp" }) });
const steps = 6;
await loop.take(2, 0);
const t = performance.now(); await loop.take(steps, 0); console.log("per step", (performance.now() - t) / steps);
await loop.dispose();
const f = readdirSync("/tmp/gpu").filter((f) => f.startsWith("bp_"))[0]!;
type E = { cat: string; name: string; ts: number; dur: number; args: { op_name?: string; output_size?: string; input_type_shape?: unknown[] } };
const ev = (JSON.parse(readFileSync("/tmp/gpu/" + f, "utf8")) as E[]).filter((e) => e.cat === "Node" && e.args.op_name && e.name.endsWith("kernel_time"));
const scans = ev.filter((e) => e.args.op_name === "Scan");
const last = scans.at(-1)!;
const inside = ev.filter((e) => e.ts >= last.ts && e.ts <= last.ts + last.dur && e.args.op_name !== "Scan");
const sum = new Map<string, { ms: number; n: number }>();
for (const e of inside) { const k = e.args.op_name!; const s = sum.get(k) ?? { ms: 0, n: 0 }; s.ms += e.dur / 1000 / steps; s.n += 1 / steps; sum.set(k, s); }
const total = inside.reduce((a, e) => a + e.dur, 0) / 1000 / steps;
console.log("scan per step", (last.dur / 1000 / steps).toFixed(0), "kernels", total.toFixed(0));
for (const [k, s] of [...sum].sort((a, b) => b[1].ms - a[1].ms).slice(0, 22)) console.log(k.padEnd(22), s.ms.toFixed(1).padStart(8), s.n.toFixed(0).padStart(6));
const shp = new Map<string, { ms: number; n: number }>();
for (const e of inside) { const k = e.args.op_name + " " + JSON.stringify(e.args.input_type_shape); const s = shp.get(k) ?? { ms: 0, n: 0 }; s.ms += e.dur / 1000 / steps; s.n += 1 / steps; shp.set(k, s); }
for (const [k, s] of [...shp].sort((a, b) => b[1].ms - a[1].ms).slice(0, 45)) console.log(s.ms.toFixed(1).padStart(8), s.n.toFixed(0).padStart(4), k.slice(0, 120));

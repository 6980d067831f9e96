import { simulate } from "./simulate.ts";
const [from, to] = process.argv.slice(2).map(Number);
const t = process.cpuUsage();
let bad = 0,
  lines = 0,
  virt = 0;
const kinds = new Map();
for (let seed = from; seed <= to; seed++) {
  const r = await simulate(seed);
  lines += r.trace.length;
  virt += r.tookMs;
  if (r.violation) {
    bad++;
    const k = r.violation.split("\n")[0].replace(/\d+/g, "#").slice(0, 150);
    kinds.set(k, [...(kinds.get(k) ?? []), seed]);
  }
}
const u = process.cpuUsage(t);
for (const [k, seeds] of kinds) console.log(seeds.length, k, seeds.slice(0, 8).join(" "));
console.log({
  bad,
  cpuPerSeedMs: (u.user + u.system) / 1000 / (to - from + 1),
  lines: lines / (to - from + 1),
  virt: virt / (to - from + 1),
});

import { parseArgs } from "node:util";
import { checkProviders } from "./check-providers.ts";
import { isClean, renderReport, rowOf } from "./report.ts";

const usage = `Usage: npm run check:providers [-- --only REGEX] [--json]

Plays every scenario (answers, silences, broken connections, jobs, evidence) with every operation:
the real adapters, the vendors' SDKs and real sockets, against the provider simulator. Then it holds
what the adapters told against what the simulator knows.

  --only REGEX   only the pairs whose "OPERATION SCENARIO" matches
  --json         the rows as JSON

ok     as true and as exact as anybody can be who sees only the wire
LIE    it tells what did not happen, or what nobody can know
VAGUE  honest, but the provider told more
BROKEN it threw, or did not end

Exits with 0 when all is ok, with 1 when not, with 2 when there is nothing to play.
`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(usage);
} else {
  process.exitCode = await check(values.only, values.json);
}

async function check(only: string | undefined, json: boolean): Promise<number> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => stop.abort(new Error("stopped")));
  }
  const results = await checkProviders({
    ...(only === undefined ? {} : { only: new RegExp(only) }),
    signal: stop.signal,
    onProgress: (done, all) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${done}/${all}`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[2K");
  if (results.length === 0) {
    process.stderr.write(`nothing matches --only ${String(only)}\n`);
    return 2;
  }
  process.stdout.write(
    json ? `${JSON.stringify(results.map(rowOf), null, 2)}\n` : renderReport(results),
  );
  return isClean(results) ? 0 : 1;
}

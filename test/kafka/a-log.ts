import type { Log } from "../../src/observability/log.ts";

/** A log that keeps its lines. */
export function aLog(): Log & { readonly lines: { level: string; event: string }[] } {
  const lines: { level: string; event: string; fields: object }[] = [];
  const at = (level: string) => (event: string, fields?: object) => {
    lines.push({ level, event, fields: fields ?? {} });
  };
  const log = {
    ...{ trace: at("trace"), debug: at("debug"), info: at("info") },
    ...{ warn: at("warn"), error: at("error"), fatal: at("fatal") },
    child: () => log,
    lines,
  };
  return log;
}

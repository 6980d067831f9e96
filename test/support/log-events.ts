import type { ServiceProcess } from "../../dev/rig/service-process.ts";

/** One line of a service's log. */
export type LogEvent = Readonly<Record<string, unknown>> & {
  readonly level: string;
  readonly event: string;
};

/** The events of this name in a service's log so far; all of them without a name. */
export function eventsOf(
  { logLines }: Pick<ServiceProcess, "logLines">,
  name?: string,
): readonly LogEvent[] {
  const events = logLines.map((line) => JSON.parse(line) as LogEvent); // log.format is json
  return name === undefined ? events : events.filter(({ event }) => event === name);
}

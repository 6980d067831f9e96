import type { CallEnd, TargetEnd } from "./domain/call-end.ts";
import type { Provider } from "./domain/provider.ts";
import { LogValues } from "./observability/log-value.ts";
import type { OpenProvider } from "./providers/open-provider.ts";

/**
 * The same connection, but its provider never passes the connection's secrets on: what a cloud says
 * is quoted in outcomes and on `/status`, and a cloud may say what it was sent.
 */
export function discreet(opened: OpenProvider): OpenProvider {
  const { secret, token } = opened.config.credentials;
  const values = new LogValues([secret, ...(token === null ? [] : [token])]);
  const { provider } = opened;
  const text = (said: string | null) => said && values.text(said);
  const targets = (ends: readonly TargetEnd[]) =>
    ends.map((end) => ({ ...end, message: text(end.message) }));
  const wrapped: Provider = {
    kind: provider.kind,
    operations: provider.operations,
    reads: provider.reads,
    rerun: async (call, terms) => {
      const end = await provider.rerun(call, terms);
      const trace: Pick<CallEnd, "providerRequestId" | "providerErrorCode"> = {
        providerRequestId: text(end.providerRequestId),
        providerErrorCode: text(end.providerErrorCode),
      };
      if (end.kind !== "accepted") return { ...end, ...trace, message: values.text(end.message) };
      return end.job === null
        ? { ...end, ...trace, targets: targets(end.targets) }
        : { ...end, ...trace };
    },
    readJob: async (job, call, terms) => {
      const reading = await provider.readJob(job, call, terms);
      switch (reading.kind) {
        case "running":
          return reading;
        case "ended":
          return { ...reading, targets: targets(reading.targets) };
        case "unreadable":
          return { ...reading, message: values.text(reading.message) };
      }
    },
    checkAccess: async (terms) => text(await provider.checkAccess(terms)),
  };
  return { config: opened.config, provider: wrapped, close: () => opened.close() };
}

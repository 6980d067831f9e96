import type { Config, CredentialsConfig } from "../config/config.ts";
import type { ConfigWarning } from "../config/config-problem.ts";
import type { Secret } from "../domain/secret.ts";
import { createLog } from "../observability/log.ts";
import { type ServiceSeams, startService } from "../service.ts";
import { remindersOf } from "../service-status.ts";

export interface RunOptions {
  readonly config: Config;
  readonly warnings: readonly ConfigWarning[];
  readonly version: string;
  /** Aborts once to drain. */
  readonly stop: AbortSignal;
  /** Aborts to give up what the drain still waits for. */
  readonly abandon: AbortSignal;
  /** Other parts than the configured clusters and clouds. */
  readonly seams?: ServiceSeams;
}

/**
 * `run`: the service, until it is told to stop. 0: drained. 1: it could not start or go on, or the
 * drain left something unfinished, which comes again after the next start.
 */
export async function runCommand(options: RunOptions): Promise<number> {
  const { config, warnings, version, stop, abandon, seams = {} } = options;
  const log = createLog(config.log, { redact: secretsOf(config) });
  const service = await startService({ config, version, log, seams }).catch((error: unknown) => {
    log.fatal("service.not-started", { error });
    return null;
  });
  if (service === null) return 1;
  const { httpPort } = service;
  log.info("service.started", { version, http: `${config.http.host}:${httpPort}`, httpPort });
  for (const reminder of remindersOf(config)) log.warn("service.reminded", { reminder });
  for (const { path, message } of warnings) log.warn("config.doubtful", { path, message });
  abandon.addEventListener("abort", () => service.abandon(), { once: true });

  const failure = await Promise.race([service.failed.then((error) => ({ error })), aborted(stop)]);
  if (failure !== null) {
    log.fatal("service.failed", { error: failure.error });
    service.abandon();
  }
  const unfinished = await service.drain();
  if (unfinished.length > 0) log.error("service.left-unfinished", { unfinished });
  log.info("service.stopped");
  return failure === null && unfinished.length === 0 ? 0 : 1;
}

async function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(null), { once: true });
    if (signal.aborted) resolve(null);
  });
}

/** Everything that no line of the log may contain. */
function secretsOf(config: Config): readonly Secret[] {
  const { ssl, sasl } = config.kafka;
  const ofSasl = sasl === null ? null : "password" in sasl ? sasl.password : sasl.token;
  const ofProviders = config.providers.flatMap(({ credentials }) => secretsOfKeys(credentials));
  const all = [ssl?.key ?? null, ofSasl, config.schemaRegistry.password, ...ofProviders];
  return all.filter((secret) => secret !== null);
}

/** Keys that are resolved later never reach the log: the adapters take them out of what clouds say. */
function secretsOfKeys(credentials: CredentialsConfig): readonly (Secret | null)[] {
  const source = credentials.type === "role" ? credentials.source : credentials;
  return source.type === "static" ? [source.secret, source.token] : [];
}

import { randomUUID } from "node:crypto";
import { loadSchemas } from "../../src/avro/schemas.ts";
import { CommandFailed } from "../../src/cli/command-failed.ts";
import { readInput } from "../../src/cli/read-input.ts";
import { parseRequestFile } from "../../src/cli/request-file.ts";
import type { Config, ProviderConfig } from "../../src/config/config.ts";
import type { Operation } from "../../src/domain/operation.ts";
import { PROVIDER_KIND_OF } from "../../src/domain/operation.ts";
import type { RerunCall } from "../../src/domain/provider.ts";
import type { RerunRequest } from "../../src/domain/rerun-request.ts";
import { targetsOf } from "../../src/domain/targets.ts";
import { RequestParser } from "../../src/inbound/parse-request.ts";

/** A call of exactly one target, and that target. */
export interface OneTarget {
  readonly call: RerunCall;
  readonly target: string;
}

/**
 * Reads the request file, as `submit` takes it, for the one job that may be run again. Rejects with
 * `CommandFailed` for anything but one request of one target that runs nothing besides.
 */
export async function readOneTarget(
  file: string,
  { config, provider }: { readonly config: Config; readonly provider: ProviderConfig },
): Promise<OneTarget> {
  const request = await readRequest(file, config);
  const problem = problemWith(request, provider);
  if (problem !== null) throw unusable(file, problem);
  const operation = withComment(request.operation);
  const [target] = targetsOf(operation);
  if (target === undefined) throw unusable(file, "it names no target");
  return { call: callOf(operation), target };
}

/** The same call once more: a claim of its own, hence a nonce of its own. */
export function callOf(operation: Operation): RerunCall {
  return { claimId: randomUUID(), operation, targets: targetsOf(operation) };
}

async function readRequest(file: string, config: Config): Promise<RerunRequest> {
  const parsed = parseRequestFile(await readInput(file), {
    schemaText: loadSchemas(config.kafka.topics).requests.text,
    requestedBy: "live-checks",
    now: Date.now(),
    newId: randomUUID,
  });
  if (parsed.kind === "problems") throw unusable(file, parsed.problems.join("; "));
  const [request, ...others] = parsed.requests;
  if (request === undefined || others.length > 0) {
    throw unusable(file, `it holds ${parsed.requests.length} requests, not one`);
  }
  const end = new RequestParser({ targetsPerRequest: 1 }).parse("rerun.v1.RerunRequest", request);
  switch (end.kind) {
    case "request":
      return end.request;
    case "senseless":
      throw unusable(file, end.reason.message);
    case "wrong-schema":
      throw unusable(file, end.message);
  }
}

function problemWith(
  { provider: name, operation, dryRun }: RerunRequest,
  provider: ProviderConfig,
): string | null {
  if (name !== provider.name) return `it is for ${name}, not for ${provider.name}`;
  if (PROVIDER_KIND_OF[operation.kind] !== provider.kind) {
    return `${provider.name} is a ${provider.kind}, which has no ${operation.kind}`;
  }
  if (dryRun) return "it says dryRun";
  if ("rerunScope" in operation && operation.rerunScope !== "SELF") {
    return "its rerunScope is not SELF: jobs that nobody named would run, too";
  }
  return null;
}

/** So that the operation log can be searched for the comment, there must be one. */
function withComment(operation: Operation): Operation {
  if (operation.kind !== "DataWorksRerunTaskInstances" || operation.comment !== null) {
    return operation;
  }
  return { ...operation, comment: `rerun-dispatcher live check ${randomUUID().slice(0, 8)}` };
}

function unusable(file: string, problem: string): CommandFailed {
  return new CommandFailed(`Nothing was called. ${file}: ${problem}`, { exitCode: 2 });
}

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { staticSource } from "../../../src/credentials/credential-source.ts";
import type { Mark } from "../../../src/domain/evidence.ts";
import type { Following } from "../../../src/domain/following.ts";
import type {
  Operation,
  TencentRerunScheduleInstances,
  TencentRerunTriggerWorkflowRun,
} from "../../../src/domain/operation.ts";
import type { ReadTurns, RerunCall } from "../../../src/domain/provider.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { targetsOf } from "../../../src/domain/targets.ts";
import { Asker } from "../../../src/providers/ask.ts";
import { TencentWedata } from "../../../src/providers/tencent-wedata/adapter.ts";
import { endOfWedataFailure } from "../../../src/providers/tencent-wedata/failure.ts";
import { openWedata } from "../../../src/providers/tencent-wedata/sdk.ts";
import { SocketWire } from "../../../src/wire/socket-wire.ts";
import { neverAborted, openGate } from "../../support/provider-config.ts";

export const terms = { gate: openGate, signal: neverAborted };

/** A moment of the tests, in milliseconds since the epoch and as WeData spells it in UTC+8. */
export const NOON = Date.parse("2025-10-02T12:00:00+08:00");

/** A rerun of schedule instances with nothing optional in it. */
export function aScheduleRerun(
  overrides: Partial<TencentRerunScheduleInstances> = {},
): TencentRerunScheduleInstances {
  return {
    kind: "TencentRerunScheduleInstances",
    projectId: "1460947878944567296",
    instances: [{ taskId: "20250714200130106", curRunDate: "2025-10-01 00:00:00" }],
    checkParents: false,
    rerunScope: "SELF",
    skipEventListening: true,
    asyncMode: false,
    dependency: null,
    downstreamScope: null,
    parentCheck: null,
    keepSelfDependency: null,
    keepSelfWorkflowDependency: null,
    selfWorkflowDependency: null,
    parallelism: null,
    dataTimeOrder: null,
    redoParams: null,
    additionalParameters: null,
    ...overrides,
  };
}

/** A rerun of a workflow's run with nothing optional in it. */
export function aWorkflowRerun(
  overrides: Partial<TencentRerunTriggerWorkflowRun> = {},
): TencentRerunTriggerWorkflowRun {
  return {
    kind: "TencentRerunTriggerWorkflowRun",
    projectId: "1460947878944567296",
    workflowId: "0fae8078-a7a7-4b67-afd1-8bf18e068dda",
    workflowExecutionId: "001e2f39-a71d-4588-9a9a-9f244d32c96c",
    executeType: "ORDINARY",
    advancedParams: [],
    taskIds: [],
    schedulingResourceGroup: null,
    integrationResourceGroup: null,
    ...overrides,
  };
}

export function callOf(operation: Operation): RerunCall {
  return { claimId: "claim-1", operation, targets: targetsOf(operation) };
}

/** A call that was made at noon and whose runs are followed; its job has ended. */
export function aFollowed(operation: Operation, overrides: Partial<Following> = {}): Following {
  return {
    ...{ call: callOf(operation), until: "finished", job: null, before: null },
    ...{ calledAt: NOON, ended: [], notes: {} },
    ...overrides,
  };
}

/** Evidence of these marks. */
export function evidenceOf(marks: Readonly<Record<string, Mark>>): Following["before"] {
  return { marks: Object.entries(marks).map(([target, mark]) => ({ target, mark })) };
}

/** Turns that come at once; `taken` tells whose they were. */
export function freeTurns(): ReadTurns & { readonly taken: readonly string[] } {
  const taken: string[] = [];
  return {
    taken,
    take: async (action, read) => {
      taken.push(action);
      return read(terms);
    },
  };
}

/** The adapter on a port of loopback, with the simulator's test key. */
export function openAdapter(
  port: number,
  options: { readonly now?: () => number } = {},
): { readonly wedata: TencentWedata; readonly close: () => void } {
  const wire = new SocketWire({
    ...{ secure: false, ca: null, allowedAddresses: [] },
    ...{ connectTimeoutMs: 20_000, callTimeoutMs: 20_000 },
  });
  const keys = { id: new Secret("test-id"), secret: new Secret("test-secret"), token: null };
  const credentials = staticSource(keys);
  const asker = new Asker({ wire, credentials, endOfFailure: endOfWedataFailure });
  const authority = `127.0.0.1:${port}`;
  const request = openWedata({ secure: false, authority, region: "ap-test" });
  return {
    wedata: new TencentWedata({ asker, request, ...options }),
    close: () => wire.close(),
  };
}

/** One request as a scripted cloud sees it. */
export interface Asked {
  readonly action: string;
  readonly version: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a scripted cloud says: the content of `Data`, or an error's code. */
export type Said = object | null | string;

/** A WeData that answers what a test says, and checks nothing. */
export interface ScriptedCloud {
  readonly port: number;
  readonly asked: readonly Asked[];
  say: (request: Asked) => Said;
  readonly close: () => Promise<void>;
}

export async function openScriptedCloud(): Promise<ScriptedCloud> {
  const asked: Asked[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const request = {
        action: String(message.headers["x-tc-action"]),
        version: String(message.headers["x-tc-version"]),
        body: JSON.parse(Buffer.concat(chunks).toString("utf8")) as Asked["body"],
      };
      asked.push(request);
      const said = cloud.say(request);
      const content =
        typeof said === "string" ? { Error: { Code: said, Message: "words" } } : { Data: said };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ Response: { ...content, RequestId: "call-1" } }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server has no other kind
  const cloud: ScriptedCloud = {
    port,
    asked,
    say: () => "InvalidAction",
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return cloud;
}

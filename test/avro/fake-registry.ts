import { once } from "node:events";
import { createServer as createHttp, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";

import { onTestFinished } from "vitest";

import type { SchemaRegistryConfig } from "../../src/config/config.ts";

/** What the fake does with one request; undefined: it never answers. */
export type Answering = (response: ServerResponse, path: string) => void;

/** A schema registry of one answer: it knows the schemas it was given, unless told otherwise. */
export interface FakeRegistry {
  readonly config: SchemaRegistryConfig;
  /** Method and path of every request, in order. */
  readonly requests: string[];
  readonly authorizations: (string | undefined)[];
  readonly schemas: Map<number, object>;
  /** Replaces the answer to everything; null: back to the schemas. */
  answering: Answering | null;
}

interface Options extends Partial<SchemaRegistryConfig> {
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Starts a fake registry that ends with the test. */
export async function aFakeRegistry({ tls, ...config }: Options = {}): Promise<FakeRegistry> {
  const listener: RequestListener = (request, response) => {
    const path = request.url ?? "";
    fake.requests.push(`${request.method ?? ""} ${path}`);
    fake.authorizations.push(request.headers.authorization);
    if (fake.answering !== null) fake.answering(response, path);
    else answerSchema(fake.schemas, response, path);
  };
  const server = tls === undefined ? createHttp(listener) : createHttps(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const fake: FakeRegistry = {
    config: {
      url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}/registry/`,
      ...{ username: null, password: null, timeoutMs: 5_000, ca: null },
      ...config,
    },
    requests: [],
    authorizations: [],
    schemas: new Map(),
    answering: null,
  };
  return fake;
}

/** Answers with JSON. */
export function answer(status: number, body: object): Answering {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
}

/** Answers with something that no registry says. */
export function answerHtml(status: number): Answering {
  return (response) => {
    response.writeHead(status, { "content-type": "text/html" }).end("<h1>default backend</h1>");
  };
}

function answerSchema(
  schemas: ReadonlyMap<number, object>,
  response: ServerResponse,
  path: string,
): void {
  const found = schemas.get(Number(/^\/registry\/schemas\/ids\/(-?\d+)$/.exec(path)?.[1]));
  const respond =
    found === undefined
      ? answer(404, { error_code: 40403, message: "Schema not found" })
      : answer(200, found);
  respond(response, path);
}

import { request as requestHttp, type IncomingMessage } from "node:http";
import { Agent, request as requestHttps } from "node:https";

import type { SchemaRegistryConfig } from "../config/config.ts";

const CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
/** Answers that speak of the caller or the moment, not of what was asked. */
const NOT_ABOUT_THE_QUESTION = new Set([401, 403, 407, 408, 429]);

/**
 * - `answered`: 2xx with JSON.
 * - `refused`: a 4xx in the registry's own form, that is with an `error_code`.
 * - `unavailable`: everything else. A proxy's bare 404 says nothing about a schema.
 */
export type Answer =
  | { readonly kind: "answered"; readonly body: Readonly<Record<string, unknown>> }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly code: number;
      readonly message: string;
    }
  | { readonly kind: "unavailable"; readonly message: string };

/** The registry's REST interface as Confluent and Apicurio share it. */
export interface RegistryHttp {
  /** Never rejects; ends after the configured timeout, however slowly the answer comes. */
  ask(method: "GET" | "POST" | "PUT", path: string, body?: object): Promise<Answer>;
}

export function createRegistryHttp(config: SchemaRegistryConfig): RegistryHttp {
  const base = baseUrl(config);
  const shown = shownUrl(config);
  const agent = createAgent(config);
  return {
    ask: async (method, path, body) => {
      const url = new URL(`${base}${path}`);
      const text = body === undefined ? null : JSON.stringify(body);
      const options = {
        method,
        signal: AbortSignal.timeout(config.timeoutMs),
        headers: {
          accept: `${CONTENT_TYPE}, application/json`,
          ...authorization(config),
          ...(text === null
            ? {}
            : { "content-type": CONTENT_TYPE, "content-length": Buffer.byteLength(text) }),
        },
        ...(agent === undefined ? {} : { agent }),
      };
      try {
        const response = await new Promise<IncomingMessage>((resolve, reject) => {
          const send = url.protocol === "https:" ? requestHttps : requestHttp;
          send(url, options, resolve).once("error", reject).end(text);
        });
        return classify(shown, response.statusCode ?? 0, await textOf(response));
      } catch (error) {
        return { kind: "unavailable", message: describe(shown, config.timeoutMs, error) };
      }
    },
  };
}

/** The configured address without the slash that both this client and the library would double. */
export function baseUrl(config: SchemaRegistryConfig): string {
  return config.url.replace(/\/+$/, "");
}

/** The address as messages may show it: without credentials that somebody wrote into it. */
export function shownUrl(config: SchemaRegistryConfig): string {
  return baseUrl(config).replace(/\/\/[^/@]*@/, "//");
}

/** An agent that trusts the configured authority; undefined where the system's defaults do. */
export function createAgent(config: SchemaRegistryConfig): Agent | undefined {
  if (config.ca === null || !config.url.startsWith("https:")) return undefined;
  return new Agent({ ca: config.ca, keepAlive: true });
}

function authorization({ username, password }: SchemaRegistryConfig): Record<string, string> {
  if (username === null) return {};
  const pair = Buffer.from(`${username}:${password?.reveal() ?? ""}`).toString("base64");
  return { authorization: `Basic ${pair}` };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function classify(shown: string, status: number, text: string): Answer {
  const body = parseObject(text);
  if (status >= 200 && status < 300 && body !== null) return { kind: "answered", body };
  const code = body?.["error_code"];
  const said = typeof body?.["message"] === "string" ? body["message"] : null;
  if (
    status >= 400 &&
    status < 500 &&
    !NOT_ABOUT_THE_QUESTION.has(status) &&
    typeof code === "number"
  ) {
    return { kind: "refused", status, code, message: said ?? `error ${code}` };
  }
  const detail = status < 300 && body === null ? "without JSON" : (said ?? "");
  return { kind: "unavailable", message: `${shown}: HTTP ${status} ${detail}`.trimEnd() };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function describe(shown: string, timeoutMs: number, error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const timedOut = name === "TimeoutError" || name === "AbortError";
  return `${shown}: ${timedOut ? `no answer within ${timeoutMs} ms` : message}`;
}

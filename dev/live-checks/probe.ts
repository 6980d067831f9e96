import type { Agent } from "node:http";
import { authorityOf, type ProviderConfig } from "../../src/config/config.ts";
import type { Keys } from "../../src/domain/credentials.ts";
import { openCredentials } from "../../src/credentials/open-credentials.ts";
import type { FailedEnd } from "../../src/domain/call-end.ts";
import type { ReadEnd, ReadTurns } from "../../src/domain/provider.ts";
import { endOfAlibabaFailure } from "../../src/providers/alibaba-failure.ts";
import { AlibabaProduct, type ProductAction } from "../../src/providers/alibaba-product.ts";
import { type AlibabaAnswer, AlibabaSdk } from "../../src/providers/alibaba-sdk.ts";
import { Asker } from "../../src/providers/ask.ts";
import { endOfWedataFailure } from "../../src/providers/tencent-wedata/failure.ts";
import { WedataReads } from "../../src/providers/tencent-wedata/reads.ts";
import { openWedata, type WedataAction } from "../../src/providers/tencent-wedata/sdk.ts";
import { SocketWire } from "../../src/wire/socket-wire.ts";

/** What one read came to, with what the adapters keep to themselves: code and HTTP status. */
export type Told<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "failed"; readonly end: FailedEnd; readonly status: number | null };

/** Reads beside the adapter, through a wire, clients and tables like its own. */
export type Probe =
  | {
      readonly kind: "tencent-wedata";
      readonly read: (action: WedataAction) => Promise<Told<unknown>>;
      readonly reads: WedataReads;
      readonly close: () => void;
    }
  | {
      readonly kind: "alibaba-dataworks" | "alibaba-dms";
      /** Signed with this nonce, where one is given. */
      readonly read: (action: ProductAction, nonce?: string) => Promise<Told<AlibabaAnswer>>;
      readonly product: AlibabaProduct;
      readonly close: () => void;
    };

/** Of Alibaba's products, as their adapters have them. */
const VERSIONS = { "alibaba-dataworks": "2024-05-18", "alibaba-dms": "2018-11-01" } as const;

/** Opens a probe of a connection; every read of it waits for its turn. */
export async function openProbe(config: ProviderConfig, turns: ReadTurns): Promise<Probe> {
  const { kind, region, endpoint, connectTimeoutMs, callTimeoutMs } = config;
  const secure = endpoint.protocol === "https";
  const authority = authorityOf(endpoint);
  const wire = new SocketWire({
    ...{ secure, ca: config.ca, allowedAddresses: config.allowedAddresses ?? [] },
    ...{ connectTimeoutMs, callTimeoutMs },
  });
  const close = () => wire.close();
  const statuses = new WeakMap<FailedEnd, number | null>();
  const asker = new Asker({
    wire,
    credentials: openCredentials(config.credentials, kind, {
      ...{ region, host: endpoint.host },
      ...{ now: () => performance.now(), epoch: () => Date.now() },
    }),
    endOfFailure: (failure) => {
      const meaning = kind === "tencent-wedata" ? endOfWedataFailure : endOfAlibabaFailure;
      const end = meaning(failure);
      statuses.set(end, failure.answer?.status ?? null);
      return end;
    },
  });
  const ask = async <T>(
    name: string,
    send: (agent: Agent, keys: Keys) => Promise<T>,
  ): Promise<Told<T>> => {
    const end = await turns.take(name, async (terms): Promise<ReadEnd<Told<T>>> => {
      const asked = await asker.ask(terms, send);
      if (asked.kind === "answered") return read({ kind: "answered", value: asked.value });
      return read({ ...asked, status: statuses.get(asked.end) ?? null });
    });
    return end.kind === "read" ? end.value : calledOff(end.message);
  };
  if (kind === "tencent-wedata") {
    const request = openWedata({ secure, authority, region });
    const reads = new WedataReads({ asker, request });
    const send = async (action: WedataAction) =>
      ask(action.action, async (agent, keys) => request(agent, keys, action));
    return { kind, read: send, reads, close };
  }
  // The wire's deadlines come first.
  const sdk = await AlibabaSdk.open({ secure, authority, region, timeoutMs: callTimeoutMs + 5000 });
  const version = VERSIONS[kind];
  const product = new AlibabaProduct({ asker, sdk, version });
  const send = async (action: ProductAction, nonce?: string) => {
    const signed = { ...action, version, ...(nonce === undefined ? {} : { nonce }) };
    return ask(action.action, async (agent, keys) => sdk.request(agent, keys, signed));
  };
  return { kind, read: send, product, close };
}

function read<T>(value: T): ReadEnd<T> {
  return { kind: "read", value };
}

function calledOff<T>(message: string): Told<T> {
  const trace = { providerRequestId: null, providerErrorCode: null };
  return { kind: "failed", end: { kind: "unavailable", message, ...trace }, status: null };
}

/** A failure in one line: the code, the status it came with, and what the tables make of it. */
export function wordsOf({ end, status }: Extract<Told<unknown>, { kind: "failed" }>): string {
  const what = end.providerErrorCode ?? `no code (${end.message})`;
  const how = status === null ? "no answer" : `HTTP ${status}`;
  return `${what}, ${how}, which is taken for ${end.kind}`;
}

import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { unlessAborted } from "../lifecycle/unless-aborted.ts";

const REQUEST_STARTED = "http.client.request.start";

/**
 * Runs work of a vendor's library that takes no signal. Rejects with the signal's reason as soon as
 * that aborts, and ends the work's HTTP requests, the present and any later one: some of these
 * libraries set no time-out, and some ask again for ever.
 */
export async function abandonable<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const inside = new AsyncLocalStorage<true>();
  const requests = new Set<ClientRequest>();
  const end = (request: ClientRequest) => request.destroy(new Error("abandoned"));
  const started = (message: unknown) => {
    if (inside.getStore() === undefined) return;
    const { request } = message as { request: ClientRequest }; // Node's documentation of the channel
    if (signal.aborted) end(request);
    requests.add(request);
    request.once("close", () => requests.delete(request));
  };
  subscribe(REQUEST_STARTED, started);
  const working = inside.run(true, work).finally(() => unsubscribe(REQUEST_STARTED, started));
  try {
    return await unlessAborted(working, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    requests.forEach(end);
    throw signal.reason as Error;
  }
}

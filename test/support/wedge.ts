// Preloaded into a service: what the file says whose name stands in WEDGE_FILE never comes to its
// end. One thing on each line: `write TOPIC`, `read TOPIC` or `tickets` (of all lanes).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { Throttle } from "../../src/lanes/throttle.ts";

/** The part of kafkajs' broker that is used here. */
interface BrokerClass {
  readonly prototype: {
    produce: (this: unknown, request: { readonly topicData: readonly Named[] }) => Promise<unknown>;
    fetch: (this: unknown, request: { readonly topics: readonly Named[] }) => Promise<unknown>;
  };
}

interface Named {
  readonly topic: string;
}

// eslint-disable-next-line no-restricted-properties -- a preloaded module is given nothing else
const file = process.env["WEDGE_FILE"] ?? "";
const Broker = createRequire(import.meta.url)("kafkajs/src/broker/index.js") as BrokerClass;
const { produce, fetch } = Broker.prototype;
const ticket = Object.getOwnPropertyDescriptor(Throttle.prototype, "ticket")
  ?.value as Throttle["ticket"]; // the class has no other

function isStuck(what: string): boolean {
  return readFileSync(file, "utf8").split("\n").includes(what);
}

async function never(): Promise<never> {
  return new Promise(() => undefined);
}

Broker.prototype.produce = async function produceOrNot(request) {
  if (request.topicData.some(({ topic }) => isStuck(`write ${topic}`))) return never();
  return produce.call(this, request);
};

Broker.prototype.fetch = async function fetchOrNot(request) {
  if (request.topics.some(({ topic }) => isStuck(`read ${topic}`))) return never();
  return fetch.call(this, request);
};

Throttle.prototype.ticket = async function ticketOrNot(this: Throttle) {
  await ticket.call(this);
  if (isStuck("tickets")) await never();
};

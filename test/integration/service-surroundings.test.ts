import { once } from "node:events";
import net, { type AddressInfo } from "node:net";

import kafkajs from "kafkajs";
import { afterAll, afterEach, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import { eventsOf } from "../support/log-events.ts";
import { runCommand } from "../support/run-command.ts";
import {
  configOf,
  GROUP_SCOPE,
  type ConfigTree,
  dataworksAt,
  SERVICE_ENV,
  type ServicePlace,
  wedataAt,
} from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { TcpDoor } from "../support/tcp-door.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forWedata } from "../support/wire-requests.ts";

/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";

const processes = new TestProcesses();
afterAll(async () => processes.close());
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function openTopics(name: string, options: { bare?: boolean } = {}): Promise<ServiceTopics> {
  const shared = { brokers: inject("brokers"), registryUrl: inject("registryUrl") };
  const topics = await ServiceTopics.open({
    ...{ ...shared, ...options },
    name: `service-surroundings-${name}`,
  });
  opened.push(topics);
  return topics;
}

/** A text that the pattern matches, for comparisons of whole lists. */
function matching(pattern: string | RegExp): string {
  return expect.stringMatching(pattern) as string;
}

async function page(service: ServiceProcess, path: string) {
  const answer = await fetch(`${service.url}${path}`);
  return {
    status: answer.status,
    ...((await answer.json()) as { ok: boolean; reasons: string[] }),
  };
}

async function check(config: ConfigTree) {
  const file = processes.configFile(config);
  const end = await runCommand(["check", "--config", file, "--json"], SERVICE_ENV);
  const told = JSON.parse(end.stdout) as { ok: boolean; problems: string[] };
  return { code: end.code, ...told };
}

describe("check", () => {
  it("names everything that cannot be reached", async () => {
    const simulator = await processes.simulator();
    const place: ServicePlace = {
      brokers: ["127.0.0.1:9"],
      registryUrl: `${NOWHERE}/apis`,
      groupId: "nobodys",
      topics: {
        ...{ requests: "a", outcomes: "b", deadLetters: "c" },
        ...{ journal: "d", checkpoints: "e", control: "f", slots: "g" },
      },
    };
    const wrong = { type: "static", id: "nobody", secret: "nothing" };
    const providers = [
      wedataAt(NOWHERE, { name: "away" }),
      dataworksAt(simulator.alibabaUrl, { name: "stranger", credentials: wrong }),
      wedataAt(simulator.tencentUrl, { name: "fine" }),
    ];
    const { code, ok, problems } = await check(configOf(place, providers));
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(problems).toEqual([
      expect.stringMatching(/^the brokers cannot be asked: .*127\.0\.0\.1:9/),
      expect.stringMatching(/^schema registry: http:\/\/127\.0\.0\.1:9\/apis: .*ECONNREFUSED/),
      expect.stringMatching(/^provider away: .*ECONNREFUSED/),
      expect.stringMatching(/^provider stranger: .*InvalidAccessKeyId/),
    ]);
  });

  it("names topics and schemas that are missing, and is content once they are there", async () => {
    const topics = await openTopics("check", { bare: true });
    const simulator = await processes.simulator();
    const config = configOf(
      topics.place,
      [wedataAt(simulator.tencentUrl), dataworksAt(simulator.alibabaUrl)],
      GROUP_SCOPE,
    );
    const before = await check(config);
    const names = { ...topics.place.topics };
    expect(before.code).toBe(1);
    expect(before.problems).toEqual([
      ...Object.values(names).map((name) => matching(`^topic ${name}: does not exist`)),
      matching(`^schema registry: ${names.outcomes}-value: .*not registered`),
    ]);
    await topics.create();
    await topics.registerSchemas();
    expect(await check(config)).toMatchObject({ code: 0, ok: true, problems: [] });
  });
});

describe("run", () => {
  it("stays up, alive and not ready while topics and schema are missing, and begins once they come", async () => {
    const topics = await openTopics("missing", { bare: true });
    const simulator = await processes.simulator();
    const service = await processes.service(
      configOf(topics.place, [wedataAt(simulator.tencentUrl)], GROUP_SCOPE),
    );
    const names = { ...topics.place.topics };
    const missing = Object.keys(names).length + 1;
    await waitFor(
      "it looked",
      async () => (await page(service, "/readyz")).reasons.length === missing,
    );
    const { status, reasons } = await page(service, "/readyz");
    expect(status).toBe(503);
    for (const name of [...Object.values(names), `${names.outcomes}-value`]) {
      expect(reasons.join("\n")).toContain(name);
    }
    expect(await page(service, "/livez")).toEqual({ status: 200, ok: true, reasons: [] });
    expect(eventsOf(service, "surroundings.not-ready")).toHaveLength(missing);

    await topics.create();
    await topics.registerSchemas();
    await service.ready();
    await topics.send(forWedata("finally"));
    expect(await topics.final("finally")).toMatchObject({ status: "SUCCEEDED" });
    expect(await service.stop()).toBe(0);
  });

  it("stays up, alive and not ready while brokers and registry are away, and begins once they come", async () => {
    const topics = await openTopics("away");
    const simulator = await processes.simulator();
    const [host = "", port = ""] = inject("brokers")[0]!.split(":");
    const registry = new URL(inject("registryUrl"));
    const brokerDoor = await TcpDoor.to(host, Number(port));
    const registryDoor = await TcpDoor.to(registry.hostname, Number(registry.port));
    opened.push(
      { close: async () => brokerDoor.shut() },
      { close: async () => registryDoor.shut() },
    );
    const place = {
      ...topics.place,
      brokers: [`127.0.0.1:${brokerDoor.port}`],
      registryUrl: `http://127.0.0.1:${registryDoor.port}${registry.pathname}`,
    };
    const service = await processes.service(configOf(place, [wedataAt(simulator.tencentUrl)]));
    await waitFor(
      "it told both",
      async () => (await page(service, "/readyz")).reasons.length === 2,
    );
    const { status, reasons } = await page(service, "/readyz");
    expect(status).toBe(503);
    expect(reasons).toEqual([
      expect.stringMatching(`^the brokers cannot be asked: .*127.0.0.1:${brokerDoor.port}`),
      expect.stringMatching(`^schema registry: .*127.0.0.1:${registryDoor.port}`),
    ]);
    expect(await page(service, "/livez")).toMatchObject({ status: 200 });
    const told = () => eventsOf(service, "surroundings.not-ready").length;
    await waitFor("the log tells both again", () => told() >= 4);

    // What was asked before a service ever came counts too.
    await topics.send(forWedata("at-last"));
    await brokerDoor.open();
    await registryDoor.open();
    await service.ready();
    expect(await topics.final("at-last")).toMatchObject({ status: "SUCCEEDED" });
    expect(await service.stop()).toBe(0);
  });

  it("ends on SIGTERM although the brokers do not answer at all", async () => {
    const silent = net.createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    opened.push({ close: async () => void silent.close() });
    const { port } = silent.address() as AddressInfo;
    const place: ServicePlace = {
      brokers: [`127.0.0.1:${port}`],
      registryUrl: NOWHERE,
      groupId: "nobodys",
      topics: {
        ...{ requests: "a", outcomes: "b", deadLetters: "c" },
        ...{ journal: "d", checkpoints: "e", control: "f", slots: "g" },
      },
    };
    const config = configOf(place, [wedataAt(NOWHERE)]);
    // kafkajs waits for longer than any test takes.
    const kafka = { ...(config["kafka"] as object), requestTimeout: "5m" };
    const asked = once(silent, "connection");
    const service = await processes.service({ ...config, kafka });
    await asked;
    expect(await service.stop()).toBe(0);
    expect(eventsOf(service, "service.stopped")).toHaveLength(1);
  });

  it("ends with one clear message when its HTTP port is taken", async () => {
    const neighbour = net.createServer().listen(0, "127.0.0.1");
    await once(neighbour, "listening");
    opened.push({ close: async () => void neighbour.close() });
    const { port } = neighbour.address() as AddressInfo;
    const topics = await openTopics("port", { bare: true });
    const config = configOf(topics.place, [wedataAt(NOWHERE)], {
      http: { host: "127.0.0.1", port },
    });
    const end = await runCommand(["run", "--config", processes.configFile(config)], SERVICE_ENV);
    expect(end.code).toBe(1);
    const lines = end.stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`cannot serve HTTP on 127.0.0.1:${port}`);
    expect(lines[0]).toContain("choose another http.port");
    expect(end.stderr).toBe("");
  });

  it("ends with a clear log when its consumer can never fetch again", async () => {
    const topics = await openTopics("dies");
    const { groupId } = topics.place;
    const config = configOf(topics.place, [wedataAt(NOWHERE)]);
    const kafka = { ...(config["kafka"] as object), sessionTimeout: "6s", heartbeatInterval: "1s" };
    const service = await processes.readyService({ ...config, kafka });
    // While it is frozen another program takes its group, and with another protocol.
    service.signal("SIGSTOP");
    const intruder = await takeGroup(topics, groupId);
    service.signal("SIGCONT");
    const end = await service.ended;
    await intruder.disconnect();
    expect(end).toBe(1);
    const [fatal] = eventsOf(service, "service.failed");
    expect(fatal).toMatchObject({
      level: "fatal",
      error: { message: expect.stringMatching(/protocol/i) as string },
    });
    expect(eventsOf(service, "consumer.died")).toHaveLength(1);
    expect(eventsOf(service, "service.stopped")).toHaveLength(1);
  });
});

/** Joins the group once it is empty, with an assignment protocol that nobody else speaks. */
async function takeGroup(topics: ServiceTopics, groupId: string) {
  const kafka = new kafkajs.Kafka({
    brokers: [...topics.place.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const isEmpty = async () => {
    const { groups } = await topics.admin.describeGroups([groupId]);
    return groups[0]?.state === "Empty";
  };
  await waitFor("the group is empty", isEmpty);
  const consumer = kafka.consumer({
    groupId,
    partitionAssigners: [
      () => ({
        name: "nobody-elses",
        version: 0,
        assign: async ({ members }) =>
          members.map(({ memberId }) => ({ memberId, memberAssignment: Buffer.alloc(0) })),
        protocol: ({ topics: names }) => ({
          name: "nobody-elses",
          metadata: kafkajs.AssignerProtocol.MemberMetadata.encode({
            ...{ version: 0, topics: names },
            userData: Buffer.alloc(0),
          }),
        }),
      }),
    ],
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.place.topics.requests] });
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  });
  await consumer.run({ eachMessage: async () => undefined });
  await joined;
  return consumer;
}

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import { alibabaKey, callAlibaba, rerunDataworks } from "./cloud-callers.ts";
import { startTamperingProxy } from "./tampering-proxy.ts";

const stsKey = {
  cloud: "alibaba",
  id: "test-sts-id",
  secret: "test-secret",
  token: "test-token",
} as const;
const beyondDouble = "9007199254740993";
const largest = "9223372036854775807";

const anyText: unknown = expect.any(String);

let simulator: Simulator;
let admin: SimulatorAdmin;
beforeAll(async () => {
  simulator = await startSimulator({
    credentials: [alibabaKey, stsKey],
    instanceRunMs: 30,
    deniedTargets: ["404"],
  });
  admin = new SimulatorAdmin(simulator.adminUrl);
});
afterAll(async () => simulator.close());
beforeEach(async () => admin.reset());

const readDataworks = async (id: string) =>
  callAlibaba(simulator, { action: "GetTaskInstance", method: "GET", query: { Id: id } });

describe("Alibaba's own client", () => {
  it.each([
    ["the least, over HTTP", false, {}],
    ["the least, over HTTPS", true, {}],
    ["every parameter, over HTTP", false, { Comment: "a+b &=ä'()!*~", UseLatestConfig: true }],
    ["every parameter, over HTTPS", true, { Comment: "a comment", UseLatestConfig: false }],
  ])("reruns with %s", async (_name, tls, body) => {
    const answer = await rerunDataworks(simulator, ["12", beyondDouble], { tls, body });

    const [arrival] = await admin.arrivals();
    expect(JSON.parse(answer)).toStrictEqual({
      RequestId: arrival?.requestId,
      SuccessInfo: {
        "12": { Success: true, Message: "" },
        [beyondDouble]: { Success: true, Message: "" },
      },
    });
    expect(arrival).toMatchObject({
      sequence: 1,
      cloud: "alibaba",
      action: "RerunTaskInstances",
      accessKeyId: "test-id",
      effect: "rerun",
      targets: ["12", beyondDouble],
      ranTargets: ["12", beyondDouble],
      executed: true,
      answer: "success",
    });
  });

  it.each([beyondDouble, largest])("reads instance %s with its id exact", async (id) => {
    expect(await readDataworks(id)).toContain(`"Id":${id},`);
    expect(await admin.arrivals()).toMatchObject([{ effect: "read", targets: [id] }]);
  });

  it("sees an instance run again", async () => {
    const before = await readDataworks("7");
    await rerunDataworks(simulator, ["7"]);

    await vi.waitFor(async () => expect(await readDataworks("7")).toContain('"Status":"Success"'));

    expect(before).toContain('"Status":"Failure","RunNumber":1');
    expect(await readDataworks("7")).toContain('"RunNumber":2');
  });

  it("is told of each instance that does not exist", async () => {
    const answer = await rerunDataworks(simulator, ["404", "12"]);

    expect(JSON.parse(answer)).toMatchObject({
      SuccessInfo: {
        "404": { Success: false, Message: "The instance does not exist." },
        "12": { Success: true },
      },
    });
    expect(await admin.arrivals()).toMatchObject([{ executed: true, ranTargets: ["12"] }]);
    await expect(readDataworks("404")).rejects.toMatchObject({ data: { statusCode: 400 } });
  });

  it("is accepted with the token that belongs to the key", async () => {
    expect(await rerunDataworks(simulator, ["12"], { key: stsKey })).toContain('"Success":true');
  });

  it.each([
    ["an unknown key", { id: "nobody", secret: "test-secret" }, "InvalidAccessKeyId.NotFound", 404],
    ["a wrong secret", { id: "test-id", secret: "wrong" }, "SignatureDoesNotMatch", 400],
    ["no token", { id: "test-sts-id", secret: "test-secret" }, "MissingSecurityToken", 400],
    [
      "a wrong token",
      { ...stsKey, token: "wrong" },
      "InvalidSecurityToken.MismatchWithAccessKey",
      400,
    ],
  ])("is refused with %s", async (_name, key, code, statusCode) => {
    const error: unknown = await rerunDataworks(simulator, ["12"], { key }).catch(
      (thrown: unknown) => thrown,
    );

    const [arrival] = await admin.arrivals();
    expect(error).toMatchObject({
      code,
      data: {
        statusCode,
        Code: code,
        Message: anyText,
        RequestId: arrival?.requestId,
        HostId: anyText,
        Recommend: anyText,
      },
    });
    expect(arrival).toMatchObject({ executed: false, answer: "refused", code });
  });

  it.each([-1_000_000, 1_000_000])("is refused when the clocks differ by %d ms", async (skewMs) => {
    await admin.inject({ kind: "wrong-clock", skewMs });

    const call = rerunDataworks(simulator, ["12"]);

    await expect(call).rejects.toMatchObject({ code: "InvalidTimeStamp.Expired" });
  });

  it("is refused with a date in another format", async () => {
    const headers = { "x-acs-date": "Sun, 22 Nov 2026 10:00:00 GMT" };

    const call = rerunDataworks(simulator, ["12"], { headers });

    await expect(call).rejects.toMatchObject({ code: "InvalidTimeStamp.Format" });
  });

  it("is refused when it repeats a nonce, which another key may use", async () => {
    const headers = { "x-acs-signature-nonce": "test-nonce" };
    await rerunDataworks(simulator, ["12"], { headers });

    const again = rerunDataworks(simulator, ["12"], { headers });

    await expect(again).rejects.toMatchObject({
      code: "SignatureNonceUsed",
      data: { statusCode: 400 },
    });
    expect(await rerunDataworks(simulator, ["12"], { headers, key: stsKey })).toContain("Success");
    expect(await admin.arrivals()).toMatchObject([
      { executed: true },
      { executed: false, code: "SignatureNonceUsed" },
      { executed: true, accessKeyId: "test-sts-id" },
    ]);
  });

  it("does not use a nonce up when its signature is wrong", async () => {
    const headers = { "x-acs-signature-nonce": "test-nonce" };
    const key = { id: "test-id", secret: "wrong" };

    await expect(rerunDataworks(simulator, ["12"], { headers, key })).rejects.toThrow("Signature");

    expect(await rerunDataworks(simulator, ["12"], { headers })).toContain("Success");
  });

  it.each([
    ["no ids", {}, "MissingParameter"],
    ["an empty list", { Ids: "[]" }, "InvalidParameter"],
    ["ids that are no list", { Ids: "12" }, "InvalidParameter"],
    ["ids in quotes", { Ids: '["12"]' }, "InvalidParameter"],
    ["an id beyond a long", { Ids: "[9223372036854775808]" }, "InvalidParameter"],
    ["ids one by one", { Ids: [12] }, "InvalidParameter"],
    ["an unknown parameter", { Ids: "[12]", Foo: "1" }, "InvalidParameter"],
    ["a text for a boolean", { Ids: "[12]", UseLatestConfig: "yes" }, "InvalidParameter"],
  ])("is refused with %s", async (_name, body, code) => {
    const call = callAlibaba(simulator, { action: "RerunTaskInstances", body });

    await expect(call).rejects.toMatchObject({ code, data: { statusCode: 400 } });
    expect(await admin.arrivals()).toMatchObject([{ executed: false, targets: [], code }]);
  });

  it("is refused with the parameters in the wrong place", async () => {
    const query = { Ids: "[12]" };

    const call = callAlibaba(simulator, { action: "RerunTaskInstances", query });

    await expect(call).rejects.toMatchObject({ code: "InvalidParameter" });
  });

  it.each([
    ["an action that does not exist", { action: "RunAway" }, "InvalidApi.NotFound", 404],
    ["another version", { version: "1999-01-01" }, "InvalidVersion", 400],
    ["another method", { method: "GET" as const }, "UnsupportedHTTPMethod", 400],
  ])("is refused for %s", async (_name, change, code, statusCode) => {
    const call = callAlibaba(simulator, { action: "RerunTaskInstances", ...change });

    await expect(call).rejects.toMatchObject({ code, data: { statusCode } });
  });
});

describe("a body changed on the way", () => {
  it.each([
    ["is accepted while it is the same", "12", undefined],
    ["is refused when one digit differs", "13", "SignatureDoesNotMatch"],
  ])("%s", async (_name, id, code) => {
    const proxy = await startTamperingProxy(simulator.alibabaUrl, (body) => body.replace("12", id));

    const end: unknown = await rerunDataworks({ ...simulator, alibabaUrl: proxy.url }, [
      "12",
    ]).catch((error: unknown) => error);
    await proxy.close();

    expect((end as { code?: string }).code).toBe(code);
    expect(await admin.arrivals()).toMatchObject([{ executed: code === undefined }]);
  });
});

import { afterEach, beforeEach, expect, it } from "vitest";
import {
  openScriptedCloud,
  type Scripted,
  type ScriptedCloud,
} from "../providers/alibaba-connection.ts";
import { openRecordingCloud } from "../support/recording-cloud.ts";
import { check, configFor } from "./on-a-simulator.ts";

let cloud: ScriptedCloud;
beforeEach(async () => (cloud = await openScriptedCloud()));
afterEach(async () => cloud.close());

/** Answers the first request, which is the check of access, and then as the list goes. */
function inTurn(...answers: readonly Scripted[]): () => Scripted {
  const rest = ["{}", ...answers];
  return () => rest.shift() ?? "{}";
}

const UNKNOWN = { status: 400, code: "Invalid.Instance.NotExist" };

it("tells of a gateway that takes a nonce twice", async () => {
  cloud.script = inTurn(UNKNOWN, UNKNOWN, "{}");

  const { code, findings } = await check(configFor("alibaba-dataworks", cloud));

  expect(findings.at(-1)).toMatchObject({
    ...{
      check: "nonce sent twice",
      verdict: "differs",
      seen: expect.stringContaining("answered") as string,
    },
  });
  expect(code).toBe(1);
});

it("tells of a gateway that refuses a repeated nonce in other words", async () => {
  cloud.script = inTurn(UNKNOWN, UNKNOWN, { status: 403, code: "ReplayRefused" });

  const { verdicts, out } = await check(configFor("alibaba-dataworks", cloud));

  expect(verdicts).toMatchObject({ "nonce sent twice": "differs" });
  expect(out).toContain("ReplayRefused, HTTP 403, which is taken for uncertain");
});

it("tells of an unknown instance that would stop the lane", async () => {
  cloud.script = inTurn({ status: 403, code: "InvalidAccessKeyId.NotFound" });

  const { verdicts } = await check(configFor("alibaba-dataworks", cloud));

  expect(verdicts).toMatchObject({ "unknown thing: GetTaskInstance": "differs" });
});

it("tells of an unknown instance that is answered like a known one", async () => {
  cloud.script = inTurn("{}");

  const { verdicts } = await check(configFor("alibaba-dataworks", cloud));

  expect(verdicts).toMatchObject({ "unknown thing: GetTaskInstance": "differs" });
});

it("learns nothing from a cloud that throttles", async () => {
  const throttling = { status: 429, code: "Throttling.User" };
  cloud.script = inTurn(throttling, UNKNOWN, throttling);

  const { code, verdicts } = await check(configFor("alibaba-dataworks", cloud));

  expect(verdicts).toMatchObject({
    "unknown thing: GetTaskInstance": "not seen",
    "nonce sent twice": "not seen",
  });
  expect(code).toBe(0);
});

it("tells of a Tencent whose errors do not come with HTTP 200", async () => {
  const error = { Code: "ResourceNotFound", Message: "words" };
  const body = JSON.stringify({ Response: { Error: error, RequestId: "r" } });
  const tencent = await openRecordingCloud({ status: 400, body });

  const { code, verdicts } = await check(configFor("tencent-wedata", tencent));

  expect(code).toBe(1);
  expect(verdicts).toStrictEqual({ "endpoint and credentials": "differs" });
  await tencent.close();
});

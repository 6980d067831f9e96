import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  endOfAnswer,
  rerunTaskInstances,
} from "../../../src/providers/alibaba-dataworks/rerun-task-instances.ts";
import type { DataWorksRerunTaskInstances } from "../../../src/domain/operation.ts";
import { aDataWorksRerun } from "../../support/a-received-request.ts";

const formOf = (operation: DataWorksRerunTaskInstances) => rerunTaskInstances(operation).form ?? {};
const PAST_DOUBLES = ["9007199254740993", "9223372036854775807"];

describe("the form of RerunTaskInstances", () => {
  it("leaves out what was not given", () => {
    expect(formOf(aDataWorksRerun())).toStrictEqual({ Ids: "[1234]" });
  });

  it("says false when false was given", () => {
    const operation = aDataWorksRerun({ comment: "", useLatestConfig: false });

    expect(formOf(operation)).toStrictEqual({
      Ids: "[1234]",
      Comment: "",
      UseLatestConfig: "false",
    });
  });

  it("names each instance once: asked for twice is one rerun", () => {
    expect(formOf(aDataWorksRerun({ instanceIds: ["5", "6", "5"] }))["Ids"]).toBe("[5,6]");
  });

  it("writes ids digit for digit", () => {
    expect(formOf(aDataWorksRerun({ instanceIds: PAST_DOUBLES }))["Ids"]).toBe(
      "[9007199254740993,9223372036854775807]",
    );
  });
});

const answer = (text: string, status = 200) => ({ status, text });

describe("the answer of RerunTaskInstances", () => {
  it("tells the end of each target, by Success alone", () => {
    const text = JSON.stringify({
      RequestId: "call-1\n",
      SuccessInfo: {
        "1": { Success: true, Message: "The instance does not exist." },
        "2": { Success: false, Message: "The instance does not exist." },
        "3": { Success: false, Message: "" },
        "4": { Success: "true" },
        "5": null,
        "7": { Success: "yes", Message: "queued" },
        "8": { Success: true },
      },
    });

    expect(endOfAnswer(answer(text), ["1", "2", "3", "4", "5", "6", "7"])).toStrictEqual({
      kind: "accepted",
      job: null,
      asyncJobId: null,
      targets: [
        { target: "1", status: "SUCCEEDED", message: null },
        { target: "2", status: "FAILED", message: "The instance does not exist." },
        { target: "3", status: "FAILED", message: null },
        {
          ...{ target: "4", status: "UNKNOWN" },
          message: "the answer does not say whether the instance was run again",
        },
        ...["5", "6"].map((target) => ({
          ...{ target, status: "UNKNOWN", message: "the answer does not mention this instance" },
        })),
        {
          ...{ target: "7", status: "UNKNOWN" },
          message: "the answer does not say whether the instance was run again: queued",
        },
      ],
      providerRequestId: "call-1",
      providerErrorCode: null,
    });
  });

  it("is mapped to targets past the doubles digit by digit", () => {
    const text = `{"SuccessInfo":{"9007199254740992":{"Success":false},"9007199254740993":{"Success":true}}}`;

    expect(endOfAnswer(answer(text), ["9007199254740993"])).toMatchObject({
      targets: [{ target: "9007199254740993", status: "SUCCEEDED" }],
    });
  });

  it("is accepted when every instance failed: the answer told so", () => {
    const text = '{"SuccessInfo":{"1":{"Success":false,"Message":"no"},"2":{"Success":false}}}';

    expect(endOfAnswer(answer(text), ["1", "2"])).toMatchObject({
      kind: "accepted",
      targets: [
        { target: "1", status: "FAILED", message: "no" },
        { target: "2", status: "FAILED", message: null },
      ],
    });
  });

  it("does not find what every object has", () => {
    expect(endOfAnswer(answer('{"SuccessInfo":{}}'), ["constructor"])).toMatchObject({
      targets: [{ status: "UNKNOWN" }],
    });
  });

  it.each([
    ["", 200],
    ["<html>", 200],
    ["{", 200],
    ["null", 200],
    ["[]", 200],
    ["5", 200],
    ["{}", 200],
    ['{"SuccessInfo":null}', 200],
    ['{"SuccessInfo":"yes"}', 200],
    ['{"SuccessInfo":{"1":{"Success":true}}}', 302],
    ['{"SuccessInfo":{"1":{"Success":true}}}', 204],
  ])("is uncertain when it tells nothing: %j with HTTP %d", (text, status) => {
    expect(endOfAnswer(answer(text, status), ["1"])).toMatchObject({ kind: "uncertain" });
  });

  it("never throws, and never says less than one end for each target", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const end = endOfAnswer(answer(text), ["1", "2"]);

        expect(end.kind === "accepted" ? end.targets.length : 2).toBe(2);
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { accessTroubleOf } from "../../src/domain/access.ts";
import type { CallEnd } from "../../src/domain/call-end.ts";
import { anEnd } from "../support/call-ends.ts";

const withCode = (end: CallEnd): CallEnd => ({ ...end, providerErrorCode: "Some.Code" });

describe("what the end of a harmless read tells of a connection", () => {
  it.each<[string, CallEnd]>([
    ["an answer", anEnd.accepted("1")],
    ["a refusal by the provider", withCode(anEnd.refused())],
    ["an error of the provider", withCode(anEnd.uncertain())],
    ["throttling", withCode(anEnd.throttled())],
    ["a used-up quota", withCode(anEnd.quota())],
  ])("%s is no problem of access", (_name, end) => {
    expect(accessTroubleOf(end)).toBeNull();
  });

  it.each<[string, CallEnd, boolean]>([
    ["credentials that are not taken", anEnd.credentials(), true],
    ["a connection that cannot be had", anEnd.unavailable(), false],
    ["silence", anEnd.uncertain(), false],
  ])("%s is one, in words, and whether there was an answer", (_name, end, isAnswered) => {
    expect(accessTroubleOf(end)).toStrictEqual({
      message: "message" in end && end.message,
      isAnswered,
    });
  });
});

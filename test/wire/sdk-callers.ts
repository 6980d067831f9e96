import type http from "node:http";
import { Secret } from "../../src/domain/secret.ts";
import { AlibabaSdk } from "../../src/providers/alibaba-sdk.ts";
import { openWedata } from "../../src/providers/tencent-wedata/sdk.ts";

/** Where an SDK is pointed at. */
export interface SdkTarget {
  readonly secure: boolean;
  /** `host:port`. */
  readonly authority: string;
  /** Access key id. */
  readonly id?: string;
}

/** Sends the same request every time; what it resolves with is the SDK's own business. */
export type SdkCall = (agent: http.Agent) => Promise<unknown>;

export type SdkName = "tencent" | "alibaba";

export const SDK_NAMES = ["tencent", "alibaba"] as const satisfies readonly SdkName[];

/** Both vendors' SDKs as the adapters use them, without an adapter. */
export const SDK_CALLERS: Readonly<Record<SdkName, (target: SdkTarget) => Promise<SdkCall>>> = {
  tencent: async (target) => {
    const request = openWedata({ ...target, region: "ap-test" });
    return async (agent) =>
      request(agent, keysOf(target), {
        version: "2025-08-06",
        action: "RerunTaskInstancesAsync",
        parameters: {
          ProjectId: "1",
          InstanceKeyList: ["20250714200130106_2025-10-01 00:00:00"],
        },
      });
  },
  alibaba: async (target) => {
    // Longer than any deadline of a wire that is tested here.
    const sdk = await AlibabaSdk.open({ ...target, region: "ap-test", timeoutMs: 30_000 });
    return async (agent) =>
      sdk.request(agent, keysOf(target), {
        action: "RerunTaskInstances",
        version: "2024-05-18",
        method: "POST",
        form: { Ids: "[1234]", Comment: "again" },
      });
  },
};

function keysOf({ id = "test-id" }: SdkTarget) {
  return { id: new Secret(id), secret: new Secret("test-secret"), token: null };
}

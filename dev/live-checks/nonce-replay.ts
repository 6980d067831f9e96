import { randomUUID } from "node:crypto";
import { getTaskInstance } from "../../src/providers/alibaba-dataworks/task-instance.ts";
import { listTaskFlowInstance } from "../../src/providers/alibaba-dms/task-flow-instance.ts";
import { nonceOf } from "../../src/providers/alibaba-product.ts";
import type { Connection } from "./connection.ts";
import { type Finding, finding } from "./finding.ts";
import { wordsOf } from "./probe.ts";
import { NOBODYS } from "./unknown-instance.ts";

const CHECK = "nonce sent twice";
const ASSUMED = "the second is SignatureNonceUsed, which is taken for uncertain";

/**
 * Sends one harmless read twice under one nonce: the gateway looks at it before it knows what is
 * asked, so no rerun is needed to see what a repeated one meets. Nothing for Tencent, which has none.
 */
export async function checkNonce({ probe }: Connection): Promise<readonly Finding[]> {
  if (probe.kind === "tencent-wedata") return [];
  const action =
    probe.kind === "alibaba-dataworks"
      ? getTaskInstance(NOBODYS.instanceId)
      : listTaskFlowInstance({ dagId: NOBODYS.dagId, tenantId: null }, null, 1);
  // Made like a rerun's, so that its length and letters are tried, too.
  const nonce = nonceOf(randomUUID());
  const first = await probe.read(action, nonce);
  if (first.kind === "failed" && first.end.providerErrorCode === null) {
    return [finding(CHECK, ASSUMED, "not seen", `the first was not answered: ${wordsOf(first)}`)];
  }
  if (first.kind === "failed" && /Signature|Nonce/.test(first.end.providerErrorCode ?? "")) {
    return [finding(CHECK, ASSUMED, "differs", `already the first was refused: ${wordsOf(first)}`)];
  }
  const second = await probe.read(action, nonce);
  if (second.kind === "answered") {
    return [finding(CHECK, ASSUMED, "differs", "the second was answered like the first")];
  }
  const { end, status } = second;
  if (status === null || end.kind === "throttled") {
    return [finding(CHECK, ASSUMED, "not seen", wordsOf(second))];
  }
  const isAsAssumed = end.providerErrorCode === "SignatureNonceUsed" && end.kind === "uncertain";
  return [finding(CHECK, ASSUMED, isAsAssumed ? "confirmed" : "differs", wordsOf(second))];
}

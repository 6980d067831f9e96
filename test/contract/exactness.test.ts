import { expect, it } from "vitest";
import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { startSimulator } from "../../dev/simulator/simulator.ts";
import {
  type Operation,
  type OperationName,
  PROVIDER_KIND_OF,
} from "../../src/domain/operation.ts";
import { SendGate } from "../../src/lanes/send-gate.ts";
import { openProvider } from "../../src/providers/open-provider.ts";
import { aDataWorksRerun, aTencentRerun } from "../support/a-received-request.ts";
import { aProviderConfig, neverAborted } from "../support/provider-config.ts";
import { aDmsRerun, aScheduleRerun, aWorkflowRerun } from "./a-rerun.ts";

const LIMIT = 20;
const CALLS = 45;

const operations: Readonly<Record<OperationName, (id: string) => Operation>> = {
  TencentRerunTaskInstances: (id) => aTencentRerun({ instanceKeys: [`${id}_d`] }),
  TencentRerunScheduleInstances: (id) => aScheduleRerun([`${id}_d`]),
  TencentRerunTriggerWorkflowRun: (id) => aWorkflowRerun(id),
  DataWorksRerunTaskInstances: (id) => aDataWorksRerun({ instanceIds: [id] }),
  DmsRerunTaskFlowInstance: (id) => aDmsRerun(id),
};

it.each(Object.keys(operations) as OperationName[])(
  "never more than 20 calls of %s arrive in a second, with TLS handshakes of 20 to 300 ms",
  async (name) => {
    const kind = PROVIDER_KIND_OF[name];
    const cloud = kind === "tencent-wedata" ? "tencent" : "alibaba";
    const simulator = await startSimulator({
      credentials: [{ cloud, id: "test-id", secret: "test-secret" }],
    });
    const admin = new SimulatorAdmin(simulator.adminUrl);
    const url = cloud === "tencent" ? simulator.tencentTlsUrl : simulator.alibabaTlsUrl;
    const opened = await openProvider(aProviderConfig(kind, { url }, { ca: simulator.caPem }));
    const gate = new SendGate({ limit: LIMIT, now: () => performance.now() });
    await admin.reset();
    await admin.inject({ kind: "handshake-delay", minMs: 20, maxMs: 300 });

    const ends = await Promise.all(
      Array.from({ length: CALLS }, async (_, index) => {
        const target = String(index + 1);
        const call = { claimId: target, operation: operations[name](target), targets: [target] };
        return opened.provider.rerun(call, { gate, signal: neverAborted });
      }),
    );
    const { worstTimerLatenessMs, tickMs } = await admin.summary();
    const windowMs = Math.max(1, 1000 - worstTimerLatenessMs - tickMs);
    const { busiestWindows, targets } = await admin.summary({ windowMs });
    opened.close();
    await simulator.close();

    expect(ends.map((end) => end.kind)).toStrictEqual(Array(CALLS).fill("accepted"));
    expect(targets).toHaveLength(CALLS);
    expect(
      targets.filter(({ arrived, executed }) => arrived !== 1 || executed !== 1),
    ).toStrictEqual([]);
    expect(busiestWindows).toMatchObject([{ cloud }]);
    expect(busiestWindows[0]?.reruns).toBeLessThanOrEqual(LIMIT);
  },
  30_000,
);

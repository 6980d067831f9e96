import { expect, it } from "vitest";
import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { startSimulator } from "../../dev/simulator/simulator.ts";
import type { ProviderKind } from "../../src/domain/operation.ts";
import type { RerunCall } from "../../src/domain/provider.ts";
import { SendGate } from "../../src/lanes/send-gate.ts";
import { openProvider } from "../../src/providers/open-provider.ts";
import { aDataWorksRerun, aTencentRerun } from "../support/a-received-request.ts";
import { aProviderConfig, neverAborted } from "../support/provider-config.ts";

const LIMIT = 20;
const CALLS = 60;

const calls: Readonly<Record<string, (id: string) => RerunCall>> = {
  "tencent-wedata": (id) => ({
    ...{ claimId: id, operation: aTencentRerun({ instanceKeys: [id] }), targets: [id] },
  }),
  "alibaba-dataworks": (id) => ({
    ...{ claimId: id, operation: aDataWorksRerun({ instanceIds: [id] }), targets: [id] },
  }),
};

it.each<[ProviderKind, "tencent" | "alibaba"]>([
  ["tencent-wedata", "tencent"],
  ["alibaba-dataworks", "alibaba"],
])(
  "never more than 20 calls reach %s in a second, with TLS handshakes of 20 to 300 ms",
  async (kind, cloud) => {
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
        const call = calls[kind]!(String(index + 1));
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

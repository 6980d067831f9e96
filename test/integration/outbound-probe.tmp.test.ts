import { it } from "vitest";
import { ownEnvironment } from "../../dev/stack/own-environment.ts";
import { startStack } from "../../dev/stack/stack.ts";
import { createKafka } from "../../src/kafka/client.ts";
import { RecordPublisher } from "../../src/kafka/publisher.ts";
import { aLog } from "../kafka/a-log.ts";
import { connectTo } from "../kafka/real-topics.ts";
it("probe", async () => {
  const stack = await startStack({ parts: ["kafka"], env: { ...ownEnvironment(), RERUN_STACK_BROKERS: "" } });
  const c = await connectTo(stack.brokers, { requestTimeoutMs: 3000 });
  const res: unknown[] = [];
  for (let i = 0; i < 14; i++) {
    const topic = await c.topic();
    const p = new RecordPublisher({ kafka: createKafka(c.config, aLog()), log: aLog(), signal: new AbortController().signal });
    const pub = (v: string) => p.publish(topic, { key: "k", value: Buffer.from(v), headers: {} });
    await pub("before"); 
    const t = performance.now(); stack.kafka.freeze();
    let doneAt: number | null = null; const w = Promise.all(["a", "b"].map(pub)).then(() => { doneAt = performance.now() - t; });
    let healthAt: number | null = null;
    while (healthAt === null && performance.now() - t < 12000) { await new Promise((r) => setTimeout(r, 50)); if (p.health() !== null) healthAt = performance.now() - t; }
    const doneBefore = doneAt;
    stack.kafka.thaw(); await w;
    res.push({ i, doneBefore, healthAt: healthAt && Math.round(healthAt) });
    await p.close();
  }
  console.log(JSON.stringify(res));
  await stack.stop();
}, 280000);

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLaneControl } from "../../src/control/create-lane-control.ts";
import { parseReport } from "../../src/control/lane-report.ts";
import { RecordingLog } from "../inbound/recording-log.ts";
import { aLane } from "../lanes/a-lane.ts";
import { aReceived } from "../support/a-received-request.ts";
import { aProviderConfig } from "../support/provider-config.ts";
import { ManualControlLog } from "./a-control.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the report about a lane", () => {
  it("tells what waits in memory, and what waits outside of it", () => {
    const { lane } = aLane();
    lane.pause({ message: "by ann", until: null });
    lane.offer(aReceived({ offset: 1 }));
    const config = { ...aProviderConfig("tencent-wedata", { port: 1 }), name: "wedata" };
    const topic = new ManualControlLog();
    const control = createLaneControl(
      [{ config, lane, limitTo: () => undefined, rate: () => 20 }],
      {
        ...{ topic, instance: "i", log: new RecordingLog(), signal: new AbortController().signal },
        clock: { epoch: () => Date.now() },
        outsideOf: (provider) => (provider === "wedata" ? 875_000 : 0),
      },
    );
    control.begin(new Map());

    expect(parseReport(topic.values.get("report/wedata/i")!)).toMatchObject({
      ...{ waiting: 1, waitingOutsideOfMemory: 875_000 },
    });
  });
});

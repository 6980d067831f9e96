import { afterEach, beforeEach, describe, expect, it } from "vitest";
import wedata2021 from "tencentcloud-sdk-nodejs/tencentcloud/services/wedata/v20210820/index.js";
import wedata2025 from "tencentcloud-sdk-nodejs/tencentcloud/services/wedata/v20250806/index.js";
import type { Operation } from "../../../src/domain/operation.ts";
import { aTencentRerun } from "../../support/a-received-request.ts";
import { openRecordingCloud, type RecordingCloud } from "../../support/recording-cloud.ts";
import {
  aFollowed,
  aScheduleRerun,
  aWorkflowRerun,
  callOf,
  freeTurns,
  openAdapter,
  terms,
} from "./wedata-for-tests.ts";

const PROJECT = "1460947878944567296";
const KEY = "20250714200130106_2025-10-01 00:00:00";
const RUN = "001e2f39-a71d-4588-9a9a-9f244d32c96c";

let cloud: RecordingCloud;
let adapter: ReturnType<typeof openAdapter>;
beforeEach(async () => {
  cloud = await openRecordingCloud(
    '{"Response":{"Data":{"AsyncId":"j","Result":true,"Status":"INIT","InstanceState":"RUNNING"},"RequestId":"r"}}',
  );
  adapter = openAdapter(cloud.port);
});
afterEach(async () => {
  adapter.close();
  await cloud.close();
});

const config = () => ({
  credential: { secretId: "test-id", secretKey: "test-secret" },
  region: "ap-test",
  profile: { httpProfile: { protocol: "http://", endpoint: `127.0.0.1:${cloud.port}` } },
});
const v2021 = () => new wedata2021.v20210820.Client(config());
const v2025 = () => new wedata2025.v20250806.Client(config());

/** All that the two requests must have in common: everything but time, ids and the connection. */
const essence = (index: number) => {
  const { method, url, headers, body } = cloud.requests[index]!;
  const chosen = ["x-tc-action", "x-tc-version", "x-tc-region", "x-tc-token", "x-tc-requestclient"];
  const names = [...chosen, "x-tc-language", "content-type", "host"];
  const relevant = Object.fromEntries(names.map((name) => [name, headers[name]]));
  return { method, url, headers: relevant, bytes: body.length, body: JSON.parse(body) as unknown };
};

/** What we send, and what the vendor's client sends. */
async function bothSend(operation: Operation, vendor: () => Promise<unknown>) {
  await adapter.wedata.rerun(callOf(operation), terms);
  await vendor();
  return { ours: essence(0), theirs: essence(1) };
}

describe("what WeData receives is what the vendor's own client sends", () => {
  it("RerunTaskInstancesAsync, all that is required", async () => {
    const { ours, theirs } = await bothSend(aTencentRerun(), async () =>
      v2025().RerunTaskInstancesAsync({
        ProjectId: PROJECT,
        InstanceKeyList: [KEY],
        // The contract's defaults, sent whole: they are the API's own.
        RerunType: "1",
        CheckParentType: "NONE",
        SonRangeType: "WORKFLOW",
      }),
    );

    expect(ours).toStrictEqual(theirs);
    expect(cloud.requests[0]?.headers).toMatchObject({
      "x-tc-action": "RerunTaskInstancesAsync",
      "x-tc-version": "2025-08-06",
      connection: "close",
    });
  });

  it("RerunTaskInstancesAsync, everything", async () => {
    const operation = aTencentRerun({
      instanceKeys: ["重跑_2025-10-01 00:00:00", 'b"\\_2025-10-01 00:00:00'],
      rerunScope: "SELF_AND_CHILDREN",
      parentCheck: "MAKE_SCOPE",
      downstreamScope: "PROJECT",
      skipEventListening: true,
      parallelism: 7,
      selfWorkflowDependency: true,
      param: { key: "biz date", value: "2025-10-01 é\u2028" },
    });

    const { ours, theirs } = await bothSend(operation, async () =>
      v2025().RerunTaskInstancesAsync({
        ProjectId: PROJECT,
        InstanceKeyList: ["重跑_2025-10-01 00:00:00", 'b"\\_2025-10-01 00:00:00'],
        RerunType: "2",
        CheckParentType: "MAKE_SCOPE",
        SonRangeType: "PROJECT",
        SkipEventListening: true,
        RedefineParallelNum: 7,
        RedefineSelfWorkflowDependency: "yes",
        RedefineParamList: { K: "biz date", V: "2025-10-01 é\u2028" },
      }),
    );

    expect(ours).toStrictEqual(theirs);
  });

  it("RunRerunScheduleInstances, all that is required", async () => {
    const { ours, theirs } = await bothSend(aScheduleRerun(), async () =>
      v2021().RunRerunScheduleInstances({
        Instances: [{ TaskId: "20250714200130106", CurRunDate: "2025-10-01 00:00:00" }],
        CheckFather: false,
        RerunType: "1",
        SkipEventListening: true,
        ProjectId: PROJECT,
        AsyncMode: false,
      }),
    );

    expect(ours).toStrictEqual(theirs);
    expect(cloud.requests[0]?.headers).toMatchObject({
      "x-tc-action": "RunRerunScheduleInstances",
      "x-tc-version": "2021-08-20",
    });
  });

  it("RunRerunScheduleInstances, everything", async () => {
    const rest = {
      SearchCondition: { Instance: { TaskId: "t" }, Keyword: "k", PageNumber: 1 },
      OptType: "o",
      OperatorName: "tom",
      OperatorId: "128765",
      ProjectIdent: "pro_1",
      ProjectName: "pro_1",
      PageIndex: 1,
      PageSize: 10,
      Count: 10,
      RequestBaseInfo: { ProjectId: "p", ProjectIdent: "i" },
      IsCount: true,
      MapParamList: [{ K: "a", V: "1" }],
      AppParam: "x",
    };
    const operation = aScheduleRerun({
      instances: [
        { taskId: "1", curRunDate: "2025-10-01 00:00:00" },
        { taskId: "2", curRunDate: "2025-10-02 00:00:00" },
      ],
      checkParents: true,
      rerunScope: "CHILDREN",
      skipEventListening: false,
      asyncMode: true,
      dependency: "SELF_AND_TASK",
      downstreamScope: "ALL",
      parentCheck: "MAKE_SCOPE",
      keepSelfDependency: true,
      keepSelfWorkflowDependency: false,
      selfWorkflowDependency: false,
      parallelism: 2,
      dataTimeOrder: "DESCENDING",
      redoParams: '{"a":1}',
      additionalParameters: JSON.stringify(rest),
    });

    const { ours, theirs } = await bothSend(operation, async () =>
      v2021().RunRerunScheduleInstances({
        ...rest,
        Instances: [
          { TaskId: "1", CurRunDate: "2025-10-01 00:00:00" },
          { TaskId: "2", CurRunDate: "2025-10-02 00:00:00" },
        ],
        CheckFather: true,
        RerunType: "3",
        SkipEventListening: false,
        ProjectId: PROJECT,
        AsyncMode: true,
        DependentWay: "3",
        SonInstanceType: "3",
        CheckParentType: "MAKE_SCOPE",
        SameSelfDependType: true,
        SameSelfWorkflowDependType: false,
        SelfWorkflowDependency: "no",
        ParallelNum: 2,
        DataTimeOrder: 2,
        ReDoParams: '{"a":1}',
      }),
    );

    expect(ours).toStrictEqual(theirs);
  });

  it("RunRerunScheduleInstances, with integers that no double can hold", async () => {
    const additionalParameters =
      '{"Count":9223372036854775807,"PageSize":-9007199254740993,"MapParamList":[{"K":"k","V":null}]}';
    await adapter.wedata.rerun(callOf(aScheduleRerun({ additionalParameters })), terms);

    expect(cloud.requests[0]?.body).toContain('"Count":9223372036854775807');
    expect(cloud.requests[0]?.body).toContain('"PageSize":-9007199254740993');
    expect(cloud.requests[0]?.body).toContain('"MapParamList":[{"K":"k"}]');
  });

  it("RerunTriggerWorkflowRunAsync, all that is required", async () => {
    const { ours, theirs } = await bothSend(aWorkflowRerun(), async () =>
      v2025().RerunTriggerWorkflowRunAsync({
        ProjectId: PROJECT,
        WorkflowId: "0fae8078-a7a7-4b67-afd1-8bf18e068dda",
        WorkflowExecutionId: RUN,
        ExecuteType: "1",
      }),
    );

    expect(ours).toStrictEqual(theirs);
    expect(cloud.requests[0]?.headers).toMatchObject({
      "x-tc-action": "RerunTriggerWorkflowRunAsync",
      "x-tc-version": "2025-08-06",
    });
  });

  it("RerunTriggerWorkflowRunAsync, everything", async () => {
    const operation = aWorkflowRerun({
      executeType: "ADVANCED",
      advancedParams: [
        { key: "a", value: "1", extProperties: '{"x":"é"}' },
        { key: "b", value: "", extProperties: null },
      ],
      taskIds: ["20250714200130106", "20250714200130107"],
      schedulingResourceGroup: "sched",
      integrationResourceGroup: "integ",
    });

    const { ours, theirs } = await bothSend(operation, async () =>
      v2025().RerunTriggerWorkflowRunAsync({
        ProjectId: PROJECT,
        WorkflowId: "0fae8078-a7a7-4b67-afd1-8bf18e068dda",
        WorkflowExecutionId: RUN,
        ExecuteType: "2",
        AdvancedParams: [
          { ParamKey: "a", ParamValue: "1", ExtProperties: '{"x":"é"}' },
          { ParamKey: "b", ParamValue: "" },
        ],
        TaskIds: ["20250714200130106", "20250714200130107"],
        SchedulingResourceGroup: "sched",
        IntegrationResourceGroup: "integ",
      }),
    );

    expect(ours).toStrictEqual(theirs);
  });

  it.each<[string, Operation, () => Promise<unknown>]>([
    [
      "GetTaskInstance of 2025-08-06",
      aTencentRerun(),
      async () => v2025().GetTaskInstance({ ProjectId: PROJECT, InstanceKey: KEY }),
    ],
    [
      "GetTaskInstance of 2021-08-20",
      aScheduleRerun(),
      async () => v2021().GetTaskInstance({ ProjectId: PROJECT, InstanceKey: KEY }),
    ],
    [
      "GetTriggerWorkflowRun",
      aWorkflowRerun(),
      async () => v2025().GetTriggerWorkflowRun({ ProjectId: PROJECT, WorkflowExecutionId: RUN }),
    ],
  ])("%s", async (_action, operation, vendor) => {
    await adapter.wedata.readBefore(callOf(operation), freeTurns());
    await vendor();

    expect(essence(0)).toStrictEqual(essence(cloud.requests.length - 1));
  });

  it("ListTaskInstanceExecutions", async () => {
    await adapter.wedata.readBefore(callOf(aTencentRerun()), freeTurns());
    await v2025().ListTaskInstanceExecutions({
      ...{ ProjectId: PROJECT, InstanceKey: KEY, PageSize: 200, PageNumber: 1 },
    });

    expect(cloud.requests).toHaveLength(3);
    expect(essence(1)).toStrictEqual(essence(2));
  });

  it("GetOpsAsyncJob", async () => {
    const job = { jobId: "job-1", scope: { projectId: PROJECT } };
    await adapter.wedata.follow(aFollowed(aTencentRerun(), { job }), freeTurns());
    await v2025().GetOpsAsyncJob({ ProjectId: PROJECT, AsyncId: "job-1" });

    expect(essence(0)).toStrictEqual(essence(1));
  });
});

describe("what cannot be sent", () => {
  it.each([
    ["a number that would change", '{"Count":0.12345678901234567890}'],
    ["a key with two values", '{"Count":1,"Count":2}'],
    ["parameters nested past all reason", `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`],
  ])("is objected to before anything is claimed: %s", (_what, additionalParameters) => {
    expect(adapter.wedata.objection(aScheduleRerun({ additionalParameters }))).toMatch(
      /^additionalParameters: /,
    );
  });

  it("is nothing of an ordinary operation", () => {
    expect(adapter.wedata.objection(aScheduleRerun())).toBeNull();
    expect(adapter.wedata.objection(aTencentRerun())).toBeNull();
  });

  it("is refused, and nothing arrives", async () => {
    const operation = aScheduleRerun({ additionalParameters: '{"Count":0.12345678901234567890}' });

    expect(await adapter.wedata.rerun(callOf(operation), terms)).toStrictEqual({
      kind: "refused",
      notPermitted: false,
      message:
        "nothing was sent: additionalParameters: 0.12345678901234567890 cannot be sent exactly: write it as text if the API takes that",
      providerRequestId: null,
      providerErrorCode: null,
    });
    expect(cloud.requests).toStrictEqual([]);
  });
});

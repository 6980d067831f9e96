import { expect, it } from "vitest";

import { requestKeyOf } from "../../src/cli/request-key.ts";
import type { RerunRequest } from "../../src/avro/wire-types.ts";
import { A_REQUEST } from "../avro/wire-values.ts";

it.each<[string, object, string]>([
  ["TencentRerunTaskInstances", { instanceKeys: ["b", "a"] }, "dw/a"],
  [
    "TencentRerunScheduleInstances",
    {
      instances: [
        { taskId: "2", curRunDate: "d" },
        { taskId: "1", curRunDate: "d" },
      ],
    },
    "dw/1_d",
  ],
  ["TencentRerunTriggerWorkflowRun", { workflowExecutionId: "x" }, "dw/x"],
  ["DataWorksRerunTaskInstances", { instanceIds: [20n, 9007199254740993n] }, "dw/20"],
  ["DmsRerunTaskFlowInstance", { dagInstanceId: 5n }, "dw/5"],
  ["TencentRerunTaskInstances", { instanceKeys: [] }, "dw/"],
])("of %s is its connection and its smallest target", (name, fields, key) => {
  // Only the targets of the operation count.
  const operation = { [`rerun.v1.${name}`]: fields } as unknown as RerunRequest["operation"];
  expect(requestKeyOf({ ...A_REQUEST, operation })).toBe(key);
});

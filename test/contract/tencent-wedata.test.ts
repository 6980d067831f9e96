import { aTencentRerun } from "../support/a-received-request.ts";
import { aScheduleRerun, aWorkflowRerun } from "./a-rerun.ts";
import { describeProvider } from "./describe-provider.ts";
import type { ProviderTraits } from "./provider-traits.ts";

const codes = {
  refused: "InvalidParameter",
  notPermitted: "UnauthorizedOperation.UserNotInProject",
  quota: "LimitExceeded",
  uncertain: "FailedOperation",
};
const instances: Pick<ProviderTraits, "targets" | "other"> = {
  targets: ["20250714200130106_2025-10-01 00:00:00", "20250714200130107_2025-10-01 00:00:00"],
  other: "20250714200130999_2025-10-01 00:00:00",
};

describeProvider({
  name: "TencentRerunTaskInstances",
  cloud: "tencent",
  operation: (instanceKeys) => aTencentRerun({ instanceKeys }),
  ...instances,
  codes,
  startsJob: true,
  tellsEachTarget: true,
  absenceProves: true,
});

describeProvider({
  name: "TencentRerunScheduleInstances",
  cloud: "tencent",
  operation: aScheduleRerun,
  ...instances,
  codes: { ...codes, uncertain: "InternalError.CallSchedulerApiError" },
  startsJob: false,
  // One yes or no for all.
  tellsEachTarget: false,
  absenceProves: true,
});

describeProvider({
  name: "TencentRerunTriggerWorkflowRun",
  cloud: "tencent",
  operation: ([run = ""]) => aWorkflowRerun(run),
  targets: ["wf-run-20251001"],
  other: "wf-run-20251002",
  codes,
  startsJob: true,
  tellsEachTarget: false,
  absenceProves: true,
});

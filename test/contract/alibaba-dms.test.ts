import { aDmsRerun, DAG_ID } from "./a-rerun.ts";
import { describeProvider } from "./describe-provider.ts";

describeProvider({
  name: "DmsRerunTaskFlowInstance",
  cloud: "alibaba",
  operation: ([dagInstanceId = ""]) => aDmsRerun(dagInstanceId),
  // Past 2^53: a double would round it.
  targets: ["9223372036854775807"],
  other: "9007199254740993",
  codes: {
    refused: "InvalidParameter",
    notPermitted: "NoPermission",
    quota: "Throttling.Resource",
    uncertain: "InternalError",
  },
  startsJob: false,
  tellsEachTarget: false,
  // It counts no runs and tells whole seconds.
  absenceProves: false,
  prepare: async (admin, targets) => admin.seedFlow({ flowId: DAG_ID, instanceIds: [...targets] }),
});

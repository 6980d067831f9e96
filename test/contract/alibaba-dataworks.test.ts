import { aDataWorksRerun } from "../support/a-received-request.ts";
import { describeProvider } from "./describe-provider.ts";

describeProvider({
  name: "DataWorksRerunTaskInstances",
  cloud: "alibaba",
  operation: (instanceIds) => aDataWorksRerun({ instanceIds }),
  // Past 2^53: a double would round them.
  targets: ["9007199254740993", "9223372036854775807"],
  other: "9007199254740995",
  codes: {
    refused: "InvalidParameter",
    notPermitted: "Forbidden.Wkbench.ProjectNoPermission",
    quota: "Throttling.Api.Risk",
    uncertain: "InternalError.System",
  },
  startsJob: false,
  tellsEachTarget: true,
  absenceProves: true,
});

import { aDataWorksRerun } from "../support/a-received-request.ts";
import { describeProvider } from "./describe-provider.ts";

describeProvider("alibaba-dataworks", {
  cloud: "alibaba",
  call: (instanceIds) => ({
    claimId: "claim-1",
    operation: aDataWorksRerun({ instanceIds }),
    targets: instanceIds,
  }),
  targets: ["9007199254740993", "9223372036854775807"],
  codes: {
    refused: "InvalidParameter",
    notPermitted: "Forbidden.Wkbench.ProjectNoPermission",
    quota: "Throttling.Api.Risk",
    uncertain: "InternalError.System",
  },
});

import { aTencentRerun } from "../support/a-received-request.ts";
import { describeProvider } from "./describe-provider.ts";

describeProvider("tencent-wedata", {
  cloud: "tencent",
  call: (instanceKeys) => ({
    claimId: "claim-1",
    operation: aTencentRerun({ instanceKeys }),
    targets: instanceKeys,
  }),
  targets: ["20250714200130106_2025-10-01 00:00:00", "20250714200130107_2025-10-01 00:00:00"],
  codes: {
    refused: "InvalidParameter",
    notPermitted: "UnauthorizedOperation.UserNotInProject",
    quota: "LimitExceeded",
    uncertain: "FailedOperation",
  },
});

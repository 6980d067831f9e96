import { describe } from "vitest";
import { describeAnswers } from "./describe-answers.ts";
import { describeEvidence } from "./describe-evidence.ts";
import { describeFollowing } from "./describe-following.ts";
import { describeHandshakes } from "./describe-handshakes.ts";
import { describePhases } from "./describe-phases.ts";
import type { ProviderTraits } from "./provider-traits.ts";
import { useRig } from "./rig.ts";

/**
 * What every adapter promises for each of its operations, with the vendor's own SDK and real
 * sockets; the simulator is the witness of what reached the cloud. TLS where the phase of a call
 * depends on it, else plain HTTP.
 */
export function describeProvider(traits: ProviderTraits): void {
  describe(`the contract, kept by ${traits.name}`, () => {
    const rig = useRig(traits);
    describe("over HTTP", () => {
      describePhases(rig, false);
    });
    describe("over TLS", () => {
      describePhases(rig, true);
    });
    describe("that cannot finish TLS", () => {
      describeHandshakes(rig);
    });
    describe("as it is answered", () => {
      describeAnswers(rig);
    });
    describe("as it is followed", () => {
      describeFollowing(rig);
    });
    describe("as it is judged", () => {
      describeEvidence(rig);
    });
  });
}

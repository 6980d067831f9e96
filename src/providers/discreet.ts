import type { CallEnd, TargetEnd } from "../domain/call-end.ts";
import type { Progress } from "../domain/following.ts";
import type { Provider } from "../domain/provider.ts";
import { Secret } from "../domain/secret.ts";
import { LogValues } from "../observability/log-value.ts";

/**
 * The same provider, but it never passes its connection's secrets on: what a cloud says is quoted in
 * outcomes, logs and on `/status`, and a cloud may say what it was sent.
 *
 * `secrets` tells those in use now; it is asked after every answer, because keys are exchanged.
 */
export function discreet(provider: Provider, secrets: () => readonly string[]): Provider {
  const text = redacting(secrets);
  const optional = (said: string | null) => said && text(said);
  const targets = (ends: readonly TargetEnd[]) =>
    ends.map((end) => ({ ...end, message: optional(end.message) }));
  return {
    kind: provider.kind,
    operations: provider.operations,
    reads: provider.reads,
    objection: (operation) => provider.objection(operation),
    leavesTraces: (call) => provider.leavesTraces(call),
    // Marks stay as they are: they are compared, never told.
    readBefore: async (call, turns) => provider.readBefore(call, turns),
    rerun: async (call, terms) => discreetEnd(await provider.rerun(call, terms), text),
    follow: async (following, turns): Promise<Progress> => {
      const progress = await provider.follow(following, turns);
      switch (progress.kind) {
        case "open": {
          const ended = targets(progress.following.ended);
          const told = text(progress.told);
          return { ...progress, told, following: { ...progress.following, ended } };
        }
        case "ended":
          return { ...progress, targets: targets(progress.targets) };
        case "unreadable":
          return { ...progress, message: text(progress.message) };
      }
    },
    judge: async (doubt, turns) => {
      const findings = await provider.judge(doubt, turns);
      return findings.map((finding) => ({ ...finding, why: text(finding.why) }));
    },
    accessRead: provider.accessRead,
    checkAccess: async (terms) => {
      const trouble = await provider.checkAccess(terms);
      return trouble && { ...trouble, message: text(trouble.message) };
    },
  };
}

function discreetEnd(end: CallEnd, text: (said: string) => string): CallEnd {
  const optional = (said: string | null) => said && text(said);
  const trace = {
    providerRequestId: optional(end.providerRequestId),
    providerErrorCode: optional(end.providerErrorCode),
  };
  if (end.kind !== "accepted") return { ...end, ...trace, message: text(end.message) };
  if (end.job !== null) return { ...end, ...trace };
  const targets = end.targets.map((one) => ({ ...one, message: optional(one.message) }));
  return { ...end, ...trace, targets };
}

/** Rebuilt only when the secrets have changed: finding every spelling of one takes a while. */
function redacting(secrets: () => readonly string[]): (said: string) => string {
  let known: readonly string[] = [];
  let values = new LogValues([]);
  return (said) => {
    const now = secrets();
    if (now.length !== known.length || now.some((one, i) => one !== known[i])) {
      known = [...now];
      values = new LogValues(now.map((one) => new Secret(one)));
    }
    return values.text(said);
  };
}

import { assertNever } from "./assert-never.ts";
import type { Operation } from "./operation.ts";
import { distinctBy, targetOfScheduleInstance } from "./targets.ts";

/**
 * The same text for operations that can become one call, and for no others: those of one kind that
 * differ in nothing but which instances they list. An operation with a single target joins only its
 * equals.
 */
export function batchKeyOf(operation: Operation): string {
  return JSON.stringify(withoutTargets(operation), inKeyOrder);
}

/**
 * One operation for the targets of all, in order, each once. For operations with one `batchKeyOf`;
 * throws when there are none or they do not fit together.
 */
export function joined(operations: readonly Operation[]): Operation {
  const [first] = operations;
  if (first === undefined) throw new Error("nothing can be joined to one call");
  switch (first.kind) {
    case "TencentRerunTaskInstances": {
      const lists = operations.map((one) => sameKind(first, one).instanceKeys);
      return { ...first, instanceKeys: [...new Set(lists.flat())] };
    }
    case "TencentRerunScheduleInstances": {
      const lists = operations.map((one) => sameKind(first, one).instances);
      return { ...first, instances: distinctBy(lists.flat(), targetOfScheduleInstance) };
    }
    case "DataWorksRerunTaskInstances": {
      const lists = operations.map((one) => sameKind(first, one).instanceIds);
      return { ...first, instanceIds: [...new Set(lists.flat())] };
    }
    case "TencentRerunTriggerWorkflowRun":
    case "DmsRerunTaskFlowInstance":
      for (const one of operations) sameKind(first, one);
      return first;
    default:
      return assertNever(first);
  }
}

/**
 * The same operation for those of its targets that are named, in the operation's own order. Throws
 * when none is: no call is without a target.
 */
export function narrowed(operation: Operation, targets: Iterable<string>): Operation {
  const wanted = new Set(targets);
  const narrow = narrowedTo(operation, (target) => wanted.has(target));
  if (narrow === null) throw new Error(`a ${operation.kind} is left without a target`);
  return narrow;
}

function narrowedTo(operation: Operation, isWanted: (target: string) => boolean): Operation | null {
  const kept = <T>(list: readonly T[], targetOf: (one: T) => string): readonly T[] | null => {
    const some = list.filter((one) => isWanted(targetOf(one)));
    return some.length === 0 ? null : some;
  };
  switch (operation.kind) {
    case "TencentRerunTaskInstances": {
      const instanceKeys = kept(operation.instanceKeys, (key) => key);
      return instanceKeys && { ...operation, instanceKeys };
    }
    case "TencentRerunScheduleInstances": {
      const instances = kept(operation.instances, targetOfScheduleInstance);
      return instances && { ...operation, instances };
    }
    case "DataWorksRerunTaskInstances": {
      const instanceIds = kept(operation.instanceIds, (id) => id);
      return instanceIds && { ...operation, instanceIds };
    }
    case "TencentRerunTriggerWorkflowRun":
      return isWanted(operation.workflowExecutionId) ? operation : null;
    case "DmsRerunTaskFlowInstance":
      return isWanted(operation.dagInstanceId) ? operation : null;
    default:
      return assertNever(operation);
  }
}

function withoutTargets(operation: Operation): Operation {
  switch (operation.kind) {
    case "TencentRerunTaskInstances":
      return { ...operation, instanceKeys: [] };
    case "TencentRerunScheduleInstances":
      return { ...operation, instances: [] };
    case "DataWorksRerunTaskInstances":
      return { ...operation, instanceIds: [] };
    case "TencentRerunTriggerWorkflowRun":
    case "DmsRerunTaskFlowInstance":
      return operation;
    default:
      return assertNever(operation);
  }
}

/** The second as one of the first's kind and options. */
function sameKind<O extends Operation>(first: O, other: Operation): O {
  if (batchKeyOf(first) !== batchKeyOf(other)) {
    throw new Error(`a ${other.kind} does not fit into this ${first.kind} call`);
  }
  // Equal keys mean equal kinds: the kind is part of the key.
  return other as O;
}

/** Equal values in equal words, whatever order their fields were set in. */
function inKeyOrder(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

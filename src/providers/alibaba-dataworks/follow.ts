import type { TargetEnd } from "../../domain/call-end.ts";
import { type Mark, markOf } from "../../domain/evidence.ts";
import { endsInOrder, type Following, openTargets, type Progress } from "../../domain/following.ts";
import type { ReadTurns } from "../../domain/provider.ts";
import { readPages } from "../alibaba-pages.ts";
import type { AlibabaProduct } from "../alibaba-product.ts";
import {
  endedAs,
  getTaskInstance,
  instanceIn,
  listTaskInstances,
  pageIn,
  type Place,
  type TaskInstance,
} from "./task-instance.ts";

type Unreadable = Extract<Progress, { readonly kind: "unreadable" }>;

/** What one read, or one list, showed. */
interface Sight {
  readonly instances: readonly TaskInstance[];
  /** Instances that a whole list of their place does not hold. */
  readonly missing: readonly string[];
  readonly problem: Unreadable | null;
}

/** Rows of a place are few: one for each instance, or for each run of it. */
const MOST_PAGES = 10;

/**
 * One round: each instance whose place is not known by itself, the others by one list for each
 * place.
 *
 * Only what ended after the call counts: an instance shows the end of its last run until the new
 * one is under way.
 */
export async function followRuns(
  product: AlibabaProduct,
  following: Following,
  turns: ReadTurns,
): Promise<Progress> {
  const open = openTargets(following);
  const { unplaced, groups } = byPlace(open, following.notes);
  const sights = await Promise.all([
    ...unplaced.map(async (id) => readOne(product, id, turns)),
    ...groups.map(async ({ place, ids }) => readGroup(product, { place, ids }, turns)),
  ]);
  const last = lastRuns(sights.flatMap(({ instances }) => instances));
  const problem = sights.find((sight) => sight.problem !== null)?.problem ?? null;
  const learned = last.size > 0 || sights.some(({ missing }) => missing.length > 0);
  if (problem !== null && !learned) return problem;
  const ended = [...following.ended, ...open.flatMap((id) => endOf(last.get(id), following) ?? [])];
  const notes = notesAfter(following.notes, sights);
  return progressOf({ ...following, ended, notes }, last);
}

function progressOf(following: Following, last: ReadonlyMap<string, TaskInstance>): Progress {
  const { targets } = following.call;
  const open = openTargets(following);
  if (open.length === 0) {
    return { kind: "ended", by: "runs", targets: endsInOrder(targets, following.ended) };
  }
  const states = open.slice(0, 5).map((id) => `${id} ${last.get(id)?.status ?? "was not told"}`);
  const more = open.length > states.length ? ", …" : "";
  const told = `${open.length} of ${targets.length} runs have not ended: ${states.join(", ")}${more}`;
  return { kind: "open", following, told };
}

/** The end of the run that the call started; null while it is not told for sure. */
function endOf(instance: TaskInstance | undefined, following: Following): TargetEnd | null {
  const status = endedAs(instance?.status);
  if (instance === undefined || status === null) return null;
  const before = markOf(following.before, instance.id);
  if (!isNewRun(instance, before, following.calledAt)) return null;
  const run = instance.runNumber === null ? "the run" : `run ${instance.runNumber}`;
  const message = status === "FAILED" ? `${run} ended as ${String(instance.status)}` : null;
  return { target: instance.id, status, message };
}

/**
 * Whether this run is later than the call: its number is above the one before the call, or, where
 * that was not read, it is a repeated run that started no earlier than the call was made, by the
 * two clocks. Times that are still the old run's show that the new one has not ended.
 */
function isNewRun(run: TaskInstance, before: Mark | null, calledAt: number): boolean {
  const { runNumber, startedTime, finishedTime } = run;
  if (runNumber === null) return false;
  const numberBefore = before?.["runNumber"];
  if (before === null || typeof numberBefore !== "number") {
    return runNumber > 1 && startedTime !== null && startedTime >= calledAt;
  }
  const hasOldEnd = finishedTime !== null && finishedTime === before["finishedTime"];
  return runNumber > numberBefore && !hasOldEnd;
}

async function readOne(product: AlibabaProduct, id: string, turns: ReadTurns): Promise<Sight> {
  const end = await product.read(turns, getTaskInstance(id), (answer) => instanceIn(answer, id));
  return end.kind === "read"
    ? { instances: [end.value], missing: [], problem: null }
    : { instances: [], missing: [], problem: end };
}

async function readGroup(
  product: AlibabaProduct,
  { place, ids }: { readonly place: Place; readonly ids: readonly string[] },
  turns: ReadTurns,
): Promise<Sight> {
  const end = await readPages({
    readPage: async (page) => product.read(turns, listTaskInstances(place, ids, page), pageIn),
    most: MOST_PAGES,
  });
  if (end.kind === "unreadable") {
    // A list that is refused will be refused again: its instances are read one by one from now on.
    return { instances: [], missing: end.result === "refused" ? ids : [], problem: end };
  }
  const instances = end.value.rows.filter(({ id }) => ids.includes(id));
  const missing = ids.filter((id) => !instances.some((one) => one.id === id));
  return { instances, missing, problem: null };
}

/** A list may hold one row for each run of an instance: the highest number is the last one. */
function lastRuns(instances: readonly TaskInstance[]): ReadonlyMap<string, TaskInstance> {
  const last = new Map<string, TaskInstance>();
  for (const instance of instances) {
    const known = last.get(instance.id);
    if (known === undefined || (instance.runNumber ?? 0) > (known.runNumber ?? 0)) {
      last.set(instance.id, instance);
    }
  }
  return last;
}

function byPlace(ids: readonly string[], notes: Following["notes"]) {
  const groups = new Map<string, { readonly place: Place; readonly ids: string[] }>();
  const unplaced: string[] = [];
  for (const id of ids) {
    const note = notes[id];
    const [projectId, bizdate] = note?.split(" ") ?? [];
    if (note === undefined || projectId === undefined || bizdate === undefined) {
      unplaced.push(id);
      continue;
    }
    const group = groups.get(note) ?? { place: { projectId, bizdate }, ids: [] };
    group.ids.push(id);
    groups.set(note, group);
  }
  return { unplaced, groups: [...groups.values()] };
}

/** An instance that is not where it was noted is looked up again. */
function notesAfter(notes: Following["notes"], sights: readonly Sight[]): Following["notes"] {
  const missing = new Set(sights.flatMap((sight) => sight.missing));
  const kept = Object.entries(notes).filter(([id]) => !missing.has(id));
  const learned = sights
    .flatMap(({ instances }) => instances)
    .flatMap(({ id, projectId, bizdate }): [string, string][] =>
      projectId === null || bizdate === null ? [] : [[id, `${projectId} ${bizdate}`]],
    );
  return Object.fromEntries([...kept, ...learned]);
}

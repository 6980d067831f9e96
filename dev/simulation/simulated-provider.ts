import type { CallEnd } from "../../src/domain/call-end.ts";
import {
  ABSENCE_PROVES_AFTER_MS,
  type Doubt,
  type Evidence,
  markOf,
  type TargetFinding,
} from "../../src/domain/evidence.ts";
import {
  endsInOrder,
  type Following,
  openTargets,
  type Progress,
} from "../../src/domain/following.ts";
import type {
  Provider,
  ReadEnd,
  ReadTurns,
  RerunCall,
  WireTerms,
} from "../../src/domain/provider.ts";
import type { ProviderConfig } from "../../src/config/config.ts";
import type { BookedCall } from "./cloud.ts";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

const UNTRACED = { providerRequestId: null, providerErrorCode: null };
const LIST = "ListTaskInstances";
const JOB = "GetJob";
const SURELY_UNEXECUTED: readonly CallEnd["kind"][] = [
  ...(["throttled", "unavailable", "credentials", "refused"] as const),
];

/** An adapter of the simulated cloud in one life of a process: it connects, waits at the gate, writes. */
export class SimulatedProvider implements Provider {
  readonly kind = "alibaba-dataworks";
  readonly operations = ["DataWorksRerunTaskInstances"] as const;
  readonly reads = [LIST, JOB] as const;
  readonly accessRead = LIST;
  readonly #world: World;
  readonly #life: Life;
  readonly #config: ProviderConfig;

  constructor(world: World, life: Life, config: ProviderConfig) {
    this.#world = world;
    this.#life = life;
    this.#config = config;
  }

  objection(): null {
    return null;
  }

  leavesTraces(): boolean {
    return true;
  }

  async checkAccess(): Promise<null> {
    return Promise.resolve(null);
  }

  async rerun(call: RerunCall, { gate, signal }: WireTerms): Promise<CallEnd> {
    const unsent = (message: string): CallEnd => ({ kind: "unavailable", message, ...UNTRACED });
    this.#pass("connecting");
    if (!(await this.#connect())) return unsent("no connection");
    let booked: BookedCall;
    try {
      const leave = await gate.pass(signal);
      leave();
      booked = this.#world.calls.leaves(this.#config.name, call, this.#life.name);
    } catch (error) {
      return unsent(String(error));
    }
    const name = this.#world.trace.nameOf(call.claimId);
    this.#note(`calls ${call.targets.join(", ")} with ${name}`);
    const end = await this.#conversation(booked, signal);
    this.#note(`${name} ended ${end.kind}`);
    return end;
  }

  async readBefore({ targets }: RerunCall, turns: ReadTurns): Promise<Evidence> {
    const end = await this.#list(turns, targets);
    if (end.kind === "unreadable") return { marks: [] };
    return {
      marks: targets.map((target) => ({ target, mark: { runs: end.value.get(target) ?? 0 } })),
    };
  }

  async judge(doubt: Doubt, turns: ReadTurns): Promise<readonly TargetFinding[]> {
    const { call, targets, before, writtenAgoMs } = doubt;
    const end = await this.#list(turns, targets);
    const booked = this.#world.cloud.calls.find(({ claimId }) => claimId === call.claimId);
    return targets.map((target): TargetFinding => {
      const mark = markOf(before, target)?.["runs"];
      if (typeof mark !== "number" || end.kind === "unreadable") {
        return { target, finding: "cannot-tell", why: "nothing to compare" };
      }
      const hasRun = (end.value.get(target) ?? 0) > mark;
      if (hasRun) return { target, finding: "ran", why: "it has run since" };
      if (writtenAgoMs < ABSENCE_PROVES_AFTER_MS) {
        return { target, finding: "cannot-tell", why: "it may still run" };
      }
      booked?.provenAbsent.add(target);
      return { target, finding: "did-not-run", why: "it has not run since" };
    });
  }

  async follow(following: Following, turns: ReadTurns): Promise<Progress> {
    const { call, job, ended } = following;
    const open = openTargets(following);
    const read = (): readonly (readonly [string, "running" | "good" | "bad"])[] => {
      if (job !== null) {
        const state = this.#world.cloud.job(job.jobId);
        return open.map((target) => [target, state]);
      }
      const { cloud } = this.#world;
      return open.map((target) => {
        return [
          target,
          cloud.runOf(this.#config.name, target, call.claimId) === "ended" ? "good" : "running",
        ];
      });
    };
    const end = await this.#read(turns, job === null ? LIST : JOB, read);
    if (end.kind === "unreadable") return end;
    const known = end.value.flatMap(([target, state]) => {
      if (state === "running") return [];
      const status = state === "good" ? ("SUCCEEDED" as const) : ("FAILED" as const);
      return [{ target, status, message: null }];
    });
    const all = [...ended, ...known];
    if (all.length < call.targets.length) {
      return { kind: "open", told: "it runs", following: { ...following, ended: all } };
    }
    const by = job === null ? "runs" : "job";
    return { kind: "ended", by, targets: endsInOrder(call.targets, all) };
  }

  async #connect(): Promise<boolean> {
    const { random, isCalm } = this.#world;
    const { connectTimeoutMs } = this.#config;
    const isVain = !isCalm && random.chance(0.03);
    const ms = isVain ? connectTimeoutMs : this.#world.delay();
    await this.#arrival(Math.min(ms, connectTimeoutMs), "connected");
    return !isVain;
  }

  /** From the first byte to the answer, or to where nobody waits for it any more. */
  async #conversation(booked: BookedCall, signal: AbortSignal): Promise<CallEnd> {
    const { time, random, weather } = this.#world;
    this.#pass("left");
    // Stopped right between the last look at the clock and the write, which comes when it goes on.
    if (random.chance(weather.stuckShare)) {
      const ms = random.between(1000, this.#world.scenario.longestFreezeMs);
      this.#note(`FREEZES for ${Math.round(ms)} ms right before it writes`);
      this.#life.freezeBeforeWrite(ms);
    }
    const uncertain = (message: string): CallEnd => ({ kind: "uncertain", message, ...UNTRACED });
    const end = await new Promise<CallEnd>((resolve) => {
      const { callTimeoutMs } = this.#config;
      const timer = setTimeout(() => resolve(uncertain("no answer in time")), callTimeoutMs);
      signal.addEventListener("abort", () => resolve(uncertain("called off")), { once: true });
      time.after(0, this.#life.actor, () => {
        booked.isSent = true;
        this.#travel(booked, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
      });
    });
    booked.isToldUnexecuted = SURELY_UNEXECUTED.includes(end.kind);
    return end;
  }

  /** To the cloud and, if it answers, back. */
  #travel(booked: BookedCall, answered: (end: CallEnd) => void): void {
    const { time, random, cloud } = this.#world;
    time.after(this.#world.delay(), time.world, () => {
      this.#pass("arrived");
      const end = cloud.receive(booked);
      if (end === null) return;
      const answerMs = random.magnitude(1, this.#config.callTimeoutMs * 1.2);
      this.#life.arrive(answerMs, ["told"], () => answered(end));
    });
  }

  async #list(
    turns: ReadTurns,
    targets: readonly string[],
  ): Promise<ReadEnd<ReadonlyMap<string, number>>> {
    const { cloud } = this.#world;
    return this.#read(
      turns,
      LIST,
      () =>
        new Map(targets.map((target) => [target, cloud.visibleRuns(this.#config.name, target)])),
    );
  }

  async #read<T>(turns: ReadTurns, action: string, look: () => T): Promise<ReadEnd<T>> {
    return turns.take(action, async ({ gate, signal }): Promise<ReadEnd<T>> => {
      const unreadable = (message: string): ReadEnd<T> => {
        return { kind: "unreadable", result: "unavailable", message };
      };
      try {
        const leave = await gate.pass(signal);
        leave();
      } catch (error) {
        return unreadable(String(error));
      }
      const { random, weather } = this.#world;
      await this.#arrival(this.#world.delay(), "reading");
      const seen = look();
      const isLost = random.chance(weather.unreadableShare);
      await this.#arrival(this.#world.delay(), "have read");
      return isLost ? unreadable("the reading failed") : { kind: "read", value: seen };
    });
  }

  /** Something comes from outside after a while. */
  async #arrival(ms: number, edge: string): Promise<void> {
    return new Promise((resolve) => this.#life.arrive(ms, [edge], resolve));
  }

  #pass(edge: string): void {
    this.#world.deeds.pass(edge, this.#life);
  }

  #note(what: string): void {
    this.#world.note(this.#life.name, what);
  }
}

import type { CloudAnswer } from "./cloud.ts";
import type { Random } from "./random.ts";

/** What can befall a process at one of its waits. */
export type Deed = "crash" | "freeze" | "rebalance" | "drain" | "lag" | "outage";

/** A deed that waits for the n-th time that something happens, to whichever process. */
export interface PlannedDeed {
  readonly deed: Deed;
  readonly edge: string;
  readonly nth: number;
}

/** What becomes of a message to the brokers, beside arriving and being answered. */
export type Mishap = "none" | "lost" | "unanswered" | "doubled" | "late";

/** All that goes wrong in one run. */
export interface Weather {
  readonly name: string;
  readonly deeds: readonly PlannedDeed[];
  /** What becomes of appends, publications, commits and checkpoints. */
  readonly mishaps: Readonly<Record<Mishap, number>>;
  readonly answers: Readonly<Record<CloudAnswer, number>>;
  /** Milliseconds that a message takes, one way: usually, and now and then. */
  readonly delay: { readonly usual: number; readonly slow: number; readonly slowShare: number };
  /** How often the way of a call to the cloud takes longer than anybody waits. */
  readonly stuckShare: number;
  /** How often a reading fails. */
  readonly unreadableShare: number;
  /** So often the group's offsets are set back. */
  readonly resets: number;
  /** So often a process's wall clock is set. */
  readonly clockJumps: number;
}

const KINDS = ["calm", "crashes", "freezes", "rebalances", "line", "cloud", "all"] as const;

/** Where deeds wait: every kind of message, sent, done by the brokers, and answered. */
const EDGES = [
  ...["CLAIM", "RELEASE", "ACCEPTED", "DONE", "CLOSE", "PUBLISHED"].flatMap((kind) => [
    `served ${kind}`,
    `answered ${kind}`,
    `read ${kind}`,
  ]),
  ...["publish", "commit offsets", "write a checkpoint"].flatMap((errand) => [
    `sent ${errand}`,
    `served ${errand}`,
    `answered ${errand}`,
  ]),
  ...["fetched", "connecting", "connected", "left", "arrived", "told", "reading", "have read"],
];

const NO_MISHAPS = { none: 1, lost: 0, unanswered: 0, doubled: 0, late: 0 };
const MISHAPS = { none: 14, lost: 1, unanswered: 1, doubled: 2, late: 1 };
const KIND_ANSWERS: Readonly<Record<CloudAnswer, number>> = {
  ...{ accepted: 1, job: 0.4, partial: 0, unclear: 0, refused: 0, throttled: 0, unavailable: 0 },
  ...{ credentials: 0, "reset-executed": 0, "reset-unexecuted": 0 },
  ...{ "silent-executed": 0, "silent-unexecuted": 0 },
};
const ROUGH_ANSWERS: Readonly<Record<CloudAnswer, number>> = {
  ...{ accepted: 10, job: 4, partial: 1, unclear: 1, refused: 1, throttled: 4, unavailable: 3 },
  ...{ credentials: 0.3, "reset-executed": 2, "reset-unexecuted": 2 },
  ...{ "silent-executed": 1, "silent-unexecuted": 1 },
};

/** The weather once the faults are over. */
export const CALM: Weather = {
  ...{ name: "calm", deeds: [], mishaps: NO_MISHAPS, answers: KIND_ANSWERS },
  ...{ delay: { usual: 3, slow: 20, slowShare: 0.05 }, stuckShare: 0, unreadableShare: 0 },
  ...{ resets: 0, clockJumps: 0 },
};

/** Draws the weather of one run. */
export function drawWeather(random: Random): Weather {
  const name = random.pick(KINDS);
  const isIn = (...kinds: readonly string[]): boolean => name === "all" || kinds.includes(name);
  return {
    name,
    deeds: Array.from(
      { length: isIn("crashes", "freezes", "rebalances") ? random.whole(1, 6) : 0 },
      () => drawDeed(random, name),
    ),
    mishaps: isIn("line") ? MISHAPS : NO_MISHAPS,
    answers: name === "calm" || random.chance(0.15) ? KIND_ANSWERS : ROUGH_ANSWERS,
    delay: {
      usual: random.magnitude(0.5, 20),
      slow: random.magnitude(20, 1500),
      slowShare: isIn("line", "freezes") ? 0.1 : 0.02,
    },
    stuckShare: isIn("cloud") ? 0.05 : 0,
    unreadableShare: isIn("cloud") ? 0.2 : 0,
    resets: isIn("rebalances") ? random.whole(0, 2) : 0,
    clockJumps: isIn("freezes") ? random.whole(0, 3) : 0,
  };
}

function drawDeed(random: Random, name: string): PlannedDeed {
  const deed = random.weighted({
    crash: name === "crashes" ? 8 : name === "all" ? 4 : 0.5,
    freeze: name === "freezes" ? 8 : name === "all" ? 3 : 0.5,
    rebalance: name === "rebalances" ? 6 : 1,
    drain: name === "crashes" ? 2 : 1,
    lag: name === "freezes" ? 2 : 0.5,
    outage: name === "all" ? 2 : 0.5,
  });
  // The first times are as likely as all the later ones together.
  return { deed, edge: random.pick(EDGES), nth: Math.floor(random.magnitude(1, 24)) };
}

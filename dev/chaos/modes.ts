import { SESSION_MS } from "./chaos-config.ts";
import { FURTHER_POINTS, NAMED_POINTS } from "./death-points.ts";
import { forgetGroup, forgetWatermarks, groupComplete } from "./group-offsets.ts";
import { killBroker } from "./outage.ts";
import type { Mix } from "./planned-requests.ts";
import { dieAt, killAtRandom, type Stage, wait } from "./stage.ts";

/** What goes wrong in turn. */
export const MODES = [
  "provider",
  "duplicates",
  "points",
  "kill",
  "freeze",
  "broker",
  "offsets",
  "all",
] as const;
export type ModeName = (typeof MODES)[number];

export interface Mode {
  /** Its share of a run's time and requests. */
  readonly weight: number;
  readonly play: (stage: Stage) => Promise<void>;
}

/** A bit of everything that needs no long proof. */
const USUAL: Mix = {
  errands: {
    ...{ "wedata-tasks": 30, "wedata-schedule": 14, "wedata-workflow": 10 },
    ...{ dataworks: 20, "dataworks-retry": 12, dms: 14 },
  },
  fates: {
    ...{ smooth: 62, throttled: 10, "throttled-out": 1, "answer-lost": 16, "call-lost": 0 },
    ...{ refused: 4, partly: 4, "job-failed": 3 },
  },
  ...{ repeated: 0.12, contested: 0.02, shared: 0.06 },
};
const UNRELIABLE: Mix = {
  ...USUAL,
  fates: {
    ...{ smooth: 22, throttled: 16, "throttled-out": 4, "answer-lost": 32, "call-lost": 12 },
    ...{ refused: 5, partly: 5, "job-failed": 4 },
  },
};
/** Calls that get lost where they are made again once that is proven. */
const ABSENT: Mix = {
  errands: {
    ...{ "wedata-tasks": 0, "wedata-schedule": 0, "wedata-workflow": 0 },
    ...{ dataworks: 0, "dataworks-retry": 1, dms: 0 },
  },
  fates: {
    ...{ smooth: 0, throttled: 0, "throttled-out": 0, "answer-lost": 0, "call-lost": 1 },
    ...{ refused: 0, partly: 0, "job-failed": 0 },
  },
  ...{ repeated: 0, contested: 0, shared: 0 },
};
const REPEATED: Mix = { ...USUAL, repeated: 0.6, contested: 0.12, shared: 0.2 };

/** Longer than the broker remembers a member that is silent. */
const FROZEN_MS = SESSION_MS + 2000;
const BROKER_DOWN_MS = 1500;
const POINT_WITHIN_MS = 5000;
/** After a death the others get no new work before the dead member is forgotten. */
const LAST_POINT_WITHIN_MS = 3 * SESSION_MS;
const BURST = 12;

export const PLAYS: Readonly<Record<ModeName, Mode>> = {
  provider: { weight: 9, play: playProvider },
  duplicates: { weight: 11, play: playDuplicates },
  points: { weight: 28, play: playPoints },
  kill: { weight: 15, play: playKill },
  freeze: { weight: 15, play: playFreeze },
  broker: { weight: 16, play: playBroker },
  offsets: { weight: 18, play: playOffsets },
  all: { weight: 20, play: playAll },
};

/** Answers and calls get lost, connections are refused; processes live. */
async function playProvider(stage: Stage): Promise<void> {
  stage.load.burst(stage.mode, 3, ABSENT);
  await Promise.all([feed(stage, UNRELIABLE), refuseConnections(stage)]);
}

async function playDuplicates(stage: Stage): Promise<void> {
  const until = performance.now() + stage.ms;
  await Promise.all([feed(stage, REPEATED), killAtRandom(stage, { everyMs: 4500, until })]);
}

/** Death at every point of the failure matrix, again and again while there is time. */
async function playPoints(stage: Stage): Promise<void> {
  const { random, reached, load, mode } = stage;
  const until = performance.now() + stage.ms;
  const mix = lossy(stage);
  const feeding = feed(stage, mix);
  const missing = () => NAMED_POINTS.filter((point) => !reached.has(point));
  const further = stage.isUnhurried ? FURTHER_POINTS : [];
  const more = () => load.burst(mode, 3, mix);
  for (let round = 1; round === 1 || performance.now() < until; round += 1) {
    for (const point of random.shuffled([...NAMED_POINTS, ...further])) {
      if (round > 1 && performance.now() >= until) break;
      const nth = random.whole(1, 2);
      const hasDied = await dieAt(stage, point, { nth, withinMs: POINT_WITHIN_MS, feed: more });
      if (!hasDied) stage.tell(`nobody came by ${point}`);
      await wait(stage, random.between(100, 600));
    }
  }
  for (const point of missing()) {
    await dieAt(stage, point, { nth: 1, withinMs: LAST_POINT_WITHIN_MS, feed: more });
  }
  await feeding;
}

async function playKill(stage: Stage): Promise<void> {
  const until = performance.now() + stage.ms;
  await Promise.all([feed(stage, lossy(stage)), killAtRandom(stage, { everyMs: 2200, until })]);
}

/** Processes stand still past their session, two of them at once for a while, and wake up again. */
async function playFreeze(stage: Stage): Promise<void> {
  const { fleet, random } = stage;
  const until = performance.now() + stage.ms;
  const feeding = feed(stage, lossy(stage));
  const killing = stage.isUnhurried ? killAtRandom(stage, { everyMs: 12_000, until }) : null;
  const freezing: Promise<boolean>[] = [];
  do {
    const [one = 0, other = 1] = random.shuffled(fleet.indices);
    freezing.push(fleet.freeze(one, FROZEN_MS));
    await wait(stage, FROZEN_MS / 2);
    freezing.push(fleet.freeze(other, FROZEN_MS));
    await wait(stage, FROZEN_MS);
  } while (performance.now() + FROZEN_MS < until);
  await Promise.all([...freezing, feeding, killing]);
}

async function playBroker(stage: Stage): Promise<void> {
  const until = performance.now() + stage.ms;
  const feeding = feed(stage, lossy(stage));
  await wait(stage, 1500);
  do {
    await breakBroker(stage);
    if (stage.isUnhurried) await freezeBroker(stage);
  } while (performance.now() + 2 * FROZEN_MS < until);
  await feeding;
}

/** The group forgets everything, and the second time the checkpoint does too. */
async function playOffsets(stage: Stage): Promise<void> {
  const { fleet, site, signal, tell } = stage;
  const until = performance.now() + stage.ms;
  const feeding = feed(stage, USUAL);
  const betweenMs = stage.ms / 6;
  for (let round = 1; round <= 2 || performance.now() + betweenMs < until; round += 1) {
    await wait(stage, betweenMs);
    await groupComplete(site, fleet.indices.length, signal);
    const isGentle = round % 2 === 1;
    await fleet.stop(isGentle ? "SIGTERM" : "SIGKILL");
    await forgetGroup(site, signal);
    if (!isGentle) await forgetWatermarks(site);
    tell(isGentle ? "the group's offsets are gone" : "offsets and watermarks are gone");
    fleet.start();
  }
  await feeding;
}

/** Everything at once; towards the end nobody dies any more, so that the end comes soon. */
async function playAll(stage: Stage): Promise<void> {
  const { fleet, random, ms } = stage;
  const [spared = 0, frozen = 1] = random.shuffled(fleet.indices);
  const until = performance.now() + ms * (stage.isUnhurried ? 0.8 : 0.45);
  const mix = stage.isUnhurried ? UNRELIABLE : REPEATED;
  const points = [...NAMED_POINTS, ...FURTHER_POINTS] as const;
  const arming = async () => {
    while (performance.now() < until) {
      fleet.arm(random.pick(points), random.whole(1, 3), [spared]);
      await wait(stage, 2500);
    }
    fleet.disarm();
  };
  await Promise.all([
    feed(stage, mix),
    killAtRandom(stage, { everyMs: 2500, until, except: [spared] }),
    arming(),
    refuseConnections(stage),
    wait(stage, 1500).then(async () => fleet.freeze(frozen, FROZEN_MS)),
    wait(stage, ms * 0.3).then(async () => breakBroker(stage)),
  ]);
}

async function feed(stage: Stage, mix: Mix): Promise<void> {
  const { load, mode, requests, ms } = stage;
  load.poison(mode);
  await load.feed({ mode, requests, overMs: ms, mix });
}

/** Lost calls need half a minute of proof each: only while there is time. */
function lossy({ isUnhurried }: Stage): Mix {
  return isUnhurried ? { ...USUAL, fates: { ...USUAL.fates, "call-lost": 4 } } : USUAL;
}

/** Twice in a mode nobody is let in for a while. */
async function refuseConnections(stage: Stage): Promise<void> {
  const { door } = stage.site;
  for (let times = 0; times < 2; times += 1) {
    await wait(stage, stage.ms / 4);
    door.shut();
    await wait(stage, 1200);
    await door.open();
  }
}

async function breakBroker(stage: Stage): Promise<void> {
  const { site, load, mode, signal, tell, outages, fleet, random } = stage;
  load.burst(mode, BURST, USUAL);
  await wait(stage, 700);
  const [victim = 0] = random.shuffled(fleet.indices);
  if (mode === "broker") setTimeout(() => fleet.kill(victim), BROKER_DOWN_MS);
  const outage = await killBroker(site, { mode, downMs: BROKER_DOWN_MS, signal });
  outages.push(outage);
  const { firstCallMs } = outage;
  tell(
    firstCallMs === null
      ? "the broker is back, and nothing is called"
      : `the broker is back; the first call came after ${(firstCallMs / 1000).toFixed(1)} s`,
  );
}

/** A broker that holds its connections and answers nothing: requests time out and are sent again. */
async function freezeBroker(stage: Stage): Promise<void> {
  const { kafka } = stage.site.stack;
  await wait(stage, 3000);
  kafka.freeze();
  try {
    await wait(stage, stage.random.between(2500, 6500));
  } finally {
    kafka.thaw();
  }
  await wait(stage, 3000);
}

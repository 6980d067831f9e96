import { afterEach, describe, expect, it, vi } from "vitest";

import {
  deathPointIn,
  Executioner,
  type LastWords,
  ORDER_TO_LIVE,
  orderToDie,
} from "../../dev/chaos/death-points.ts";

/** An executioner, and what it did: its last words, then the kill. */
function anExecutioner() {
  const deeds: (LastWords | "kill")[] = [];
  const executioner = new Executioner({
    writeDown: (lastWords) => void deeds.push(lastWords),
    kill: () => void deeds.push("kill"),
  });
  const hear = (order: string) => executioner.hear(order.trimEnd());
  return { executioner, hear, deeds };
}

afterEach(() => vi.useRealTimers());

const dead = [{ event: "chaos.dies", point: "after-done" }, "kill"];

describe("a process", () => {
  it("dies at its point and no other, the nth time that it comes by", () => {
    const { executioner, hear, deeds } = anExecutioner();
    executioner.reached("after-done");
    hear(orderToDie("after-done", 2));
    executioner.reached("after-claim");
    executioner.reached("after-done");
    expect(deeds).toEqual([]);
    executioner.reached("after-done");
    expect(deeds).toEqual(dead);
  });

  it("lives when the order is taken back, or replaced", () => {
    const { executioner, hear, deeds } = anExecutioner();
    hear(orderToDie("after-done", 1));
    hear(ORDER_TO_LIVE);
    executioner.reached("after-done");
    hear(orderToDie("after-done", 1));
    hear(orderToDie("after-claim", 1));
    hear("something else");
    executioner.reached("after-done");
    expect(deeds).toEqual([]);
  });

  it("dies in the middle of what lasts", () => {
    vi.useFakeTimers();
    const { executioner, hear, deeds } = anExecutioner();
    hear(orderToDie("after-done", 1));
    executioner.entered("after-done", 25);
    vi.advanceTimersByTime(24);
    expect(deeds).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(deeds).toEqual(dead);
  });
});

describe("last words", () => {
  it("name the point, and nothing else in a log does", () => {
    const { executioner, hear, deeds } = anExecutioner();
    hear(orderToDie("before-commit", 1));
    executioner.reached("before-commit");
    expect(deathPointIn(JSON.stringify(deeds[0]))).toBe("before-commit");
    expect(deathPointIn('{"event":"chaos.dies","point":"elsewhere"}')).toBeNull();
    expect(deathPointIn('{"event":"service.stopped"}')).toBeNull();
    expect(deathPointIn("")).toBeNull();
  });
});

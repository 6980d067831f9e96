import { describe, expect, it } from "vitest";
import { Teardown } from "../../src/lifecycle/teardown.ts";

describe("a teardown", () => {
  it("closes the newest first, one after the other", async () => {
    const events: string[] = [];
    const teardown = new Teardown();
    teardown.defer("first", () => void events.push("first"));
    teardown.defer("second", async () => {
      events.push("second begins");
      await new Promise((resolve) => setImmediate(resolve));
      events.push("second ends");
    });
    await teardown.close();

    expect(events).toStrictEqual(["second begins", "second ends", "first"]);
  });

  it("closes all of them even if some fail, and tells every failure", async () => {
    const closed: string[] = [];
    const teardown = new Teardown();
    teardown.defer("a", () => void closed.push("a"));
    teardown.defer("b", async () => Promise.reject(new Error("late")));
    teardown.defer("c", () => {
      throw new Error("at once");
    });
    const failure: unknown = await teardown.close().catch((error: unknown) => error);

    expect(closed).toStrictEqual(["a"]);
    expect(failure).toBeInstanceOf(AggregateError);
    expect((failure as AggregateError).errors).toMatchObject([
      { message: "closing c failed", cause: { message: "at once" } },
      { message: "closing b failed", cause: { message: "late" } },
    ]);
  });

  it("closes each once", async () => {
    let closed = 0;
    const teardown = new Teardown();
    teardown.defer("a", () => void (closed += 1));
    await Promise.all([teardown.close(), teardown.close()]);
    await teardown.close();

    expect(closed).toBe(1);
  });
});

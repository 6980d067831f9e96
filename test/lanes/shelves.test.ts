import { describe, expect, it } from "vitest";
import { Shelves } from "../../src/lanes/shelves.ts";
import { aDataWorksRerun, aTencentRerun } from "../support/a-received-request.ts";
import { packing } from "../support/packing.ts";

describe("the shelves of a lane", () => {
  it("are one for each set of requests that may share a call, and go with their last request", () => {
    const shelves = new Shelves(packing);
    const operations = [
      aTencentRerun({ instanceKeys: ["a"] }),
      aTencentRerun({ instanceKeys: ["b"] }),
      aTencentRerun({ projectId: "another" }),
      aDataWorksRerun(),
    ];
    const entered = operations.map((operation) => shelves.enter(operation));
    const sizes = [shelves.size];
    for (const shelf of entered) {
      shelves.leave(shelf);
      sizes.push(shelves.size);
    }

    expect(sizes).toStrictEqual([3, 3, 2, 1, 0]);
  });
});

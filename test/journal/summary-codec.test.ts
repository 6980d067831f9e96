import { describe, expect, it } from "vitest";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { decodeState, encodeState } from "../../src/journal/summary-codec.ts";
import { aClaim, aClose, anEcho, asked, PROVIDER } from "./records.ts";

/** States with one request that was closed and one that is claimed. */
function statesWith(labels: Readonly<Record<string, string>>): ClaimStates {
  const states = new ClaimStates(0);
  const records = [
    aClose([{ echo: { ...anEcho(), labels } }]),
    aClaim("c", [asked({ requestId: "s", targets: ["$1", "$$2", "n1"] })]),
  ];
  for (const record of records) states.apply(record, { offset: states.position, appendedAt: 0 });
  return states;
}

describe("a state that is written down", () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ["a property of every object", { ["__proto__"]: "a", constructor: "b" }],
    ["what stands for a large number", { $n: "12", $: "$12" }],
    ["anything", { "": "$", a: "$$", b: "$x", c: "12n" }],
  ])("is read as it was, with labels that look like %s", (_, labels) => {
    const saved = statesWith(labels).saved();
    const read = decodeState(encodeState(saved));

    expect(read).toStrictEqual(saved);
    const [entry] = read.entries.filter(({ request }) => request.echo !== null);
    expect(Object.entries(entry!.request.echo!.labels)).toStrictEqual(Object.entries(labels));
    expect(entry!.provider).toBe(PROVIDER);
  });

  it("is refused when it is of other rules", () => {
    const bytes = Buffer.from(JSON.stringify({ version: 2, saved: {} }));

    expect(() => decodeState([bytes])).toThrow("a journal state of version 2 was found");
  });
});

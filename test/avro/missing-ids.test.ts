import { beforeEach, expect, it } from "vitest";

import { MissingIds } from "../../src/avro/missing-ids.ts";

let now = 0;
let missing = new MissingIds(() => now);

beforeEach(() => {
  now = 0;
  missing = new MissingIds(() => now);
});

it("believes that an id is unknown only after 30 s", () => {
  expect(missing.note(1)).toBe(false);
  now = 29_999;
  expect(missing.note(1)).toBe(false);
  now = 30_000;
  expect(missing.note(1)).toBe(true);
});

it("wants to be asked again 30 s later", () => {
  missing.note(1);
  now = 30_000;
  missing.note(1);
  now = 59_999;
  expect(missing.isKnown(1)).toBe(true);
  now = 60_000;
  expect(missing.isKnown(1)).toBe(false);
  expect(missing.note(1)).toBe(true);
});

it("begins anew with an id that turned up meanwhile", () => {
  missing.note(1);
  now = 30_000;
  missing.forget(1);
  expect(missing.note(1)).toBe(false);
});

it("remembers a thousand ids, so that senders of nonsense cannot fill the memory", () => {
  missing.note(0);
  for (let id = 1; id <= 1_000; id++) missing.note(id);
  now = 30_000;
  expect(missing.note(0)).toBe(false);
  expect(missing.note(1_000)).toBe(true);
});

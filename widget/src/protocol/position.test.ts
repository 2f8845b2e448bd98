import { expect, test } from "vitest";
import type { Entry } from "./messages.ts";
import { endOf, isWhole, placeOf, START } from "./position.ts";
import { ANNA } from "./testing/server.ts";
import { MutableView } from "./view.ts";

const entry = (offset: number, id = `e${offset}`): Entry => ({
  offset,
  id,
  at: 0,
  from: ANNA,
  kind: "message",
  data: {},
});

test("an entry continues the log, is known, leaves a gap or contradicts it", () => {
  const entries = [entry(4), entry(5)];
  const position = endOf(entries);
  expect(placeOf(entry(6), entries, position)).toBe("next");
  expect(placeOf(entry(8), entries, position)).toBe("gap");
  expect(placeOf(entry(5), entries, position)).toBe("known");
  expect(placeOf(entry(4), entries, position)).toBe("known");
  expect(placeOf(entry(5, "other"), entries, position)).toBe("fork");
  expect(placeOf(entry(4, "other"), entries, position)).toBe("fork");
  expect(placeOf(entry(2, "unseen"), entries, position)).toBe("known");
  expect(placeOf(entry(1), [], START)).toBe("next");
});

test("a page of history is taken only where it joins", () => {
  const view = new MutableView("conversation:a");
  view.replace([entry(5), entry(6)], { offset: 6, id: "e6" });
  view.prepend([entry(1), entry(2)], false);
  expect(view.entries.length).toBe(2);
  view.prepend([entry(3), entry(4), entry(5)], true);
  expect(view.entries.map((each) => each.offset)).toEqual([3, 4, 5, 6]);
  expect(isWhole(view.entries)).toBe(true);
});

test("a bounded view forgets its oldest entries, not its position", () => {
  const view = new MutableView("inbox:default", START, 2);
  view.append([entry(1), entry(2), entry(3)]);
  expect(view.entries.map((each) => each.offset)).toEqual([2, 3]);
  expect(view.push(entry(4))).toBe("next");
  expect(view.position).toEqual({ offset: 4, id: "e4" });
});

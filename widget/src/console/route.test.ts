import { expect, test } from "vitest";
import { parse } from "./route.ts";
import { neighbour } from "./shortcuts.ts";

test("an address names a tab and a conversation", () => {
  expect(parse("#/mine/abc-1")).toEqual({ tab: "mine", conversation: "abc-1" });
  expect(parse("#/closed")).toEqual({ tab: "closed", conversation: null });
});

test("what is unknown is the list of those who wait", () => {
  for (const hash of ["", "#", "#/nowhere", "#link"]) {
    expect(parse(hash)).toEqual({ tab: "waiting", conversation: null });
  }
  expect(parse("#/mine/<script>").conversation).toBeNull();
});

test("moving stops at the ends of the list", () => {
  const ids = ["a", "b", "c"];
  expect(neighbour(ids, null, 1)).toBe("a");
  expect(neighbour(ids, null, -1)).toBe("c");
  expect(neighbour(ids, "b", 1)).toBe("c");
  expect(neighbour(ids, "c", 1)).toBe("c");
  expect(neighbour([], null, 1)).toBeUndefined();
});

import { expect, test } from "vitest";
import { hashOf, parse } from "./route.ts";
import { neighbour } from "./shortcuts.ts";

test("an address names a tab and a conversation", () => {
  expect(parse("#/mine/abc-1")).toMatchObject({ tab: "mine", conversation: "abc-1" });
  expect(parse("#/closed")).toMatchObject({ tab: "closed", conversation: null });
});

test("what is unknown is the list of those who wait", () => {
  const first = { page: "inbox", tab: "waiting", conversation: null, answer: null };
  for (const hash of ["", "#", "#/nowhere", "#link"]) expect(parse(hash)).toEqual(first);
  expect(parse("#/mine/<script>").conversation).toBeNull();
});

test("an address names an answer's file, whatever folder it is in", () => {
  const at = parse("#/mine/abc-1");
  const editing = parse("#/answers/replies%2Fphoto.da.md", at);
  expect(editing).toEqual({ ...at, page: "answers", answer: "replies/photo.da.md" });
  expect(parse(hashOf(editing), at)).toEqual(editing);
  expect(parse("#/answers/%3Cb%3E").answer).toBeNull();
  expect(parse("#/answers/%E0%A4%A").answer).toBeNull();
});

test("the inbox is where one left it, from another page", () => {
  const at = parse("#/mine/abc-1");
  const asked = parse("#/questions", at);
  expect(asked.page).toBe("questions");
  expect(hashOf({ ...asked, page: "inbox" })).toBe("#/mine/abc-1");
});

test("moving stops at the ends of the list", () => {
  const ids = ["a", "b", "c"];
  expect(neighbour(ids, null, 1)).toBe("a");
  expect(neighbour(ids, null, -1)).toBe("c");
  expect(neighbour(ids, "b", 1)).toBe("c");
  expect(neighbour(ids, "c", 1)).toBe("c");
  expect(neighbour([], null, 1)).toBeUndefined();
});

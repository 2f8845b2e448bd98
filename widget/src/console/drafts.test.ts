import { expect, test } from "vitest";
import { MemoryStorage } from "../protocol/index.ts";
import { Drafts } from "./drafts.ts";

test("reply and note of each conversation are kept apart", () => {
  const drafts = new Drafts(new MemoryStorage(), "anna");
  drafts.set("a", "reply", "one");
  drafts.set("a", "note", "two");
  drafts.set("b", "reply", "three");
  expect([drafts.get("a", "reply"), drafts.get("a", "note"), drafts.get("b", "note")]).toEqual([
    "one",
    "two",
    "",
  ]);
});

test("drafts outlive the page, for the same agent", () => {
  const storage = new MemoryStorage();
  new Drafts(storage, "anna").set("a", "reply", "one");
  const again = new Drafts(storage, "anna");
  expect(again.get("a", "reply")).toBe("one");
  expect([...again.present.value]).toEqual(["a"]);
  expect(new Drafts(storage, "bo").get("a", "reply")).toBe("");
});

test("an emptied draft is none", () => {
  const storage = new MemoryStorage();
  const drafts = new Drafts(storage, "anna");
  drafts.set("a", "reply", "one");
  drafts.set("a", "reply", "");
  expect(drafts.present.value.size).toBe(0);
  expect(storage.names("")).toEqual([]);
});

import { expect, test } from "vitest";
import { insert, matching, slashAt } from "./canned.ts";

const replies = [
  { id: "returns", title: "Returning an item", text: "You have 30 days.", tags: ["refund"] },
  { id: "hours", title: "Opening hours", text: "We are here from 9 to 17." },
  { id: "refund", title: "Refund time", text: "Within 5 days." },
];

test("a slash at the start of a word asks for replies", () => {
  expect(slashAt("/", 1)).toEqual({ from: 0, query: "" });
  expect(slashAt("Hi /ref", 7)).toEqual({ from: 3, query: "ref" });
  expect(slashAt("Hi /opening ho", 14)).toEqual({ from: 3, query: "opening ho" });
});

test("slashes inside words and addresses do not", () => {
  expect(slashAt("and/or", 6)).toBeNull();
  expect(slashAt("https://x.example", 17)).toBeNull();
  expect(slashAt("a / b", 5)).toBeNull();
});

test("titles count more than texts", () => {
  expect(matching(replies, "ref").map((each) => each.id)).toEqual(["refund", "returns"]);
  expect(matching(replies, "days return").map((each) => each.id)).toEqual(["returns"]);
  expect(matching(replies, "nothing")).toEqual([]);
  expect(matching(replies, "")).toHaveLength(3);
});

test("the reply takes the place of the command", () => {
  const slash = slashAt("Hi /hou, bye", 7);
  const [, reply] = replies;
  if (!slash || !reply) throw new Error("no slash");
  expect(insert("Hi /hou, bye", 7, slash, reply)).toEqual({
    text: "Hi We are here from 9 to 17., bye",
    caret: 28,
  });
});

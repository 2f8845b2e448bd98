import { expect, test } from "vitest";
import { body, compose, list, text, withBody, withList, withText } from "./source.ts";

const SOURCE = `---
# Ours since May.
title: "Delivery: how long"
phrases:
  - how long does delivery take
  - 'when''s my parcel here'
tags: [delivery, "in stock"]
ask:
  - order: Your order number

# Kept in English.
lang: en
---
Lamps are with you in **1–3 days**.
`;

test("the parts of a file are read as the server reads them", () => {
  expect(text(SOURCE, "title")).toBe("Delivery: how long");
  expect(list(SOURCE, "phrases")).toEqual(["how long does delivery take", "when's my parcel here"]);
  expect(text(SOURCE, "lang")).toBe("en");
  expect(text(SOURCE, "valid_from")).toBe("");
  expect(list(SOURCE, "buttons")).toEqual([]);
  expect(body(SOURCE)).toBe("Lamps are with you in **1–3 days**.\n");
});

test("lists are read in brackets too, and where their items stand at the margin", () => {
  const source = "---\nphrases: [one, \"two, three\", 'four']\nbuttons:\n- five\n- six\n---\n";
  expect(list(source, "phrases")).toEqual(["one", "two, three", "four"]);
  expect(list(source, "buttons")).toEqual(["five", "six"]);
});

test("changing one part leaves every other line as it is", () => {
  const changed = withList(withText(SOURCE, "title", "Delivery"), "phrases", ["how: long?"]);
  const expected = SOURCE.replace('title: "Delivery: how long"', "title: Delivery").replace(
    "  - how long does delivery take\n  - 'when''s my parcel here'",
    '  - "how: long?"',
  );
  expect(changed).toBe(expected);
  expect(withBody(SOURCE, "Soon.")).toBe(SOURCE.replace(/Lamps.*\n/, "Soon."));
});

test("a part that is new is added, one that is emptied goes", () => {
  const added = withList(withText(SOURCE, "valid_until", "2026-12-31"), "buttons", ["Yes", "No"]);
  expect(added).toContain("lang: en\nvalid_until: 2026-12-31\nbuttons:\n  - Yes\n  - No\n---\n");
  expect(withList(withText(added, "valid_until", ""), "buttons", [])).toBe(SOURCE);
});

test.each([
  "plain words",
  "What does it cost?",
  "a: b",
  "ends with:",
  "a # b",
  "#1",
  '"quoted"',
  "it's",
  "- dash",
  "[bracket",
  "{{order}}",
  "back\\slash",
  "Ærlig talt",
  "*",
  "&anchor",
])("what is written is read again: %s", (value) => {
  expect(text(withText(SOURCE, "title", value), "title")).toBe(value);
  expect(list(withList(SOURCE, "phrases", [value, "b"]), "phrases")).toEqual([value, "b"]);
});

test("a title stays one line", () => {
  expect(text(withText(SOURCE, "title", "one\n two"), "title")).toBe("one two");
});

test.each([
  ["a folded text", "---\ntitle: >\n  two\n  lines\n---\n"],
  ["a text over two lines", "---\ntitle: one\n  two\n---\n"],
  ["an anchor", "---\ntitle: &a one\n---\n"],
  ["a mapping", "---\ntitle: {a: b}\n---\n"],
  ["a comment behind it", "---\ntitle: one # of many\n---\n"],
])("%s is for the source alone", (_what, source) => {
  expect(text(source, "title")).toBeNull();
});

test.each([
  ["items that are mappings", "---\nphrases:\n  - a: b\n---\n"],
  ["a comment between the items", "---\nphrases:\n  - a\n  # why\n  - b\n---\n"],
  ["a list in a list", "---\nphrases: [a, [b]]\n---\n"],
  ["a single text", "---\nphrases: a\n---\n"],
])("%s are for the source alone", (_what, source) => {
  expect(list(source, "phrases")).toBeNull();
});

test("a file without front matter gets one", () => {
  expect(withText("Just words", "title", "Hi")).toBe("---\ntitle: Hi\n---\nJust words");
  expect(body("Just words")).toBe("Just words");
});

test("a new file holds what it was made of", () => {
  const made = compose({ title: "Hi", lang: "da", phrases: ["hej", "goddag"], body: "Ja.\n" });
  expect(made).toBe("---\ntitle: Hi\nlang: da\nphrases:\n  - hej\n  - goddag\n---\nJa.\n");
});

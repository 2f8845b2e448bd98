import { expect, test } from "vitest";
import type { AnswerFile } from "./api.ts";
import {
  fileFor,
  fileOf,
  fromGroup,
  fromReply,
  nameOf,
  questionBefore,
  shortened,
} from "./proposal.ts";
import { body, list, text } from "./source.ts";
import { entry } from "./testing/samples.ts";

function file(name: string, id: string, lang: string): AnswerFile {
  const counts = { helped: 0, unhelpful: 0, given: 0 };
  return { file: name, id, lang, title: id, tags: [], origin: "folder", ...counts };
}

test("a reply becomes an answer to the question before it", () => {
  const said = [
    entry(1, "message", { data: { text: "Hello" } }),
    entry(2, "message", { data: { text: "Do you ship to Malta?" } }),
    entry(3, "message", { from: { kind: "agent", id: "anna" }, data: { text: "Yes, we do." } }),
    entry(4, "message", { data: { text: "Thanks" } }),
  ];
  expect(questionBefore(said, 3)).toBe("Do you ship to Malta?");
  expect(questionBefore(said, 1)).toBe("");
  const source = fromReply("Do you ship to Malta?", "Yes, we do.\nIt takes a week.", "en");
  expect(text(source, "title")).toBe("Do you ship to Malta?");
  expect(list(source, "phrases")).toEqual(["Do you ship to Malta?"]);
  expect(text(source, "lang")).toBe("en");
  expect(body(source)).toBe("Yes, we do.\n\nIt takes a week.");
});

test("a list in a reply stays a list", () => {
  expect(body(fromReply("How?", "So:\n- one\n- two", "en"))).toBe("So:\n- one\n- two");
});

test("a long question is cut between words for the title, and to size for the phrase", () => {
  const long = "I have a question about the lamp ".repeat(20);
  const source = fromReply(long, "Yes.", undefined);
  const title = text(source, "title") ?? "";
  expect(title).toMatch(/^I have a question .*\w…$/);
  expect([...title].length).toBeLessThanOrEqual(80);
  expect([...(list(source, "phrases")?.[0] ?? "")].length).toBeLessThanOrEqual(200);
  expect(shortened("x".repeat(300), 10)).toBe(`${"x".repeat(9)}…`);
});

test("a group's questions become the ways to ask, each once", () => {
  const group = {
    text: "can it be dimmed",
    lang: "en",
    people: 2,
    minutes: 3,
    times: 3,
    reasons: { unanswered: 3, unhelpful: 0 },
    examples: [
      { conversation: "c", offset: 1, text: "Can it be dimmed" },
      { conversation: "d", offset: 1, text: "is it dimmable?" },
    ],
  };
  const source = fromGroup(group);
  expect(list(source, "phrases")).toEqual(["can it be dimmed", "is it dimmable?"]);
  expect(body(source)).toBe("");
});

test("a title gives a name that the server takes", () => {
  expect(nameOf("Hvornår kommer min øreprop på Ærø?")).toBe("hvornar-kommer-min-oreprop-pa-aero");
  expect(nameOf("Żółta łódź")).toBe("zolta-lodz");
  expect(nameOf("？")).toBe("answer");
  expect(nameOf("-- x --")).toBe("x");
  expect(fileOf("returns", "da")).toBe("returns.da.md");
  expect(fileOf("returns", "en")).toBe("returns.md");
  expect(fileOf("returns", "")).toBe("returns.md");
});

test("the file of an answer is the one in the language, else the English one", () => {
  const files = [file("a.da.md", "a", "da"), file("a.md", "a", "en"), file("b.nl.md", "b", "nl")];
  expect(fileFor(files, "a", "da")?.file).toBe("a.da.md");
  expect(fileFor(files, "a", "pl")?.file).toBe("a.md");
  expect(fileFor(files, "b", "pl")?.file).toBe("b.nl.md");
  expect(fileFor(files, "c", "en")).toBeUndefined();
});

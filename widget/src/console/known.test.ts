import { expect, test } from "vitest";
import { facts, progress } from "./known.ts";
import { entry } from "./testing/samples.ts";

const server = { kind: "server", id: "straks" } as const;

test("what page, forms and earlier chats say is known; the last word counts", () => {
  const form = [{ name: "colour", label: "Which colour?", type: "text" }];
  const said = [
    entry(1, "message", { data: { text: "Hi", known: { order: "6", email: "v@old.example" } } }),
    entry(2, "details", { from: server, data: { fields: { serial_number: "A1" } } }),
    entry(3, "answer", { from: server, data: { form } }),
    entry(4, "details", { data: { answer: 3, fields: { colour: "brass", order: "7" } } }),
    entry(5, "contact", { data: { email: "v@example.org", name: "Vera" } }),
  ];
  expect(facts(said).map(({ label, value }) => `${label}: ${value}`)).toEqual([
    "Name: Vera",
    "E-mail: v@example.org",
    "Order number: 7",
    "Serial number: A1",
    "Which colour?: brass",
  ]);
});

test("what earlier chats said gives way to what this one says, in whatever order", () => {
  const told = (offset: number, order: string, phone: string) =>
    entry(offset, "details", { from: server, data: { fields: { order, phone } } });
  const said = [
    told(2, "5", "1"),
    entry(3, "details", { data: { fields: { order: "7" } } }),
    told(4, "6", "2"),
  ];
  expect(facts(said).map(({ name, value }) => `${name}: ${value}`)).toEqual([
    "phone: 2",
    "order: 7",
  ]);
});

test("only texts are facts", () => {
  const odd = { known: { order: 7, name: null, email: "v@example.org" } };
  expect(facts([entry(1, "message", { data: odd })]).map(({ name }) => name)).toEqual(["email"]);
});

test("of several steps the last counts, for each guide", () => {
  const said = [
    entry(3, "step", { data: { answer: 2, step: 1 } }),
    entry(4, "step", { data: { answer: 2, step: 2 } }),
    entry(5, "step", { data: { answer: 9, step: 3 } }),
    entry(6, "step", { data: { answer: 2, step: 1 } }),
  ];
  expect([...progress(said)]).toEqual([
    [2, 1],
    [9, 3],
  ]);
});

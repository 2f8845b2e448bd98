import { expect, test } from "vitest";
import { factsIn, filledIn, stepsDone, verdicts } from "./told.ts";

const said = (kind: string, data: object) => ({ kind, data: data as Record<string, unknown> });
const feedback = (answer: number, helped: boolean) => said("feedback", { answer, helped });

test("the last word on an answer counts; what else was said is no verdict", () => {
  const log = [
    feedback(2, false),
    said("message", { answer: 4, helped: true }),
    feedback(6, false),
    feedback(2, true),
  ];
  expect([...verdicts(log)]).toEqual([
    [2, true],
    [6, false],
  ]);
});

test("each guide stands where it was left, going back included", () => {
  const step = (answer: number, done: number) => said("step", { answer, step: done });
  const log = [step(2, 1), step(2, 2), step(8, 1), step(2, 1), step(8, 0)];
  expect([...stepsDone(log)]).toEqual([
    [2, 1],
    [8, 0],
  ]);
});

test("what was filled in belongs to the answer that asked; what the server knows to none", () => {
  const log = [
    said("details", { fields: { order: "6" } }),
    said("details", { answer: 2, fields: { order: "7" } }),
  ];
  expect([...filledIn(log)]).toEqual([[2, { order: "7" }]]);
});

test("facts come from the page, from forms and from what was left, the last word of each", () => {
  const log = [
    said("open", { text: "Hi", known: { email: "a@b.example", order: "7" } }),
    said("answer", { known: { order: "8" } }),
    said("contact", { name: "Kim" }),
    said("details", { answer: 2, fields: { phone: "123" } }),
    said("contact", { email: "c@d.example" }),
    said("message", { text: "Hi" }),
  ];
  expect(factsIn(log)).toEqual({
    email: "c@d.example",
    name: "Kim",
    order: "7",
    phone: "123",
  });
});

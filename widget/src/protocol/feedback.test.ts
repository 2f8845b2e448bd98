import { expect, test } from "vitest";
import { verdicts } from "./feedback.ts";

const feedback = (answer: number, helped: boolean) => ({
  kind: "feedback",
  data: { answer, helped },
});

test("the last word on an answer counts; what else was said is no verdict", () => {
  const said = [
    feedback(2, false),
    { kind: "message", data: { answer: 4, helped: true } },
    feedback(6, false),
    feedback(2, true),
  ];
  expect([...verdicts(said)]).toEqual([
    [2, true],
    [6, false],
  ]);
});

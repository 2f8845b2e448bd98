// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import type { AnswerData } from "../../protocol/index.ts";
import { press, type Shown, stage } from "../testing/stage.tsx";
import { Replies } from "./replies.tsx";

const BASE: AnswerData = { question: 1, answer: null, score: 0 };
const CHOICES = {
  ...BASE,
  choices: [
    { answer: "a", title: "Delivery" },
    { answer: "b", title: "Returns" },
  ],
};

let shown: Shown;
beforeEach(() => {
  shown = stage();
});
const group = () => shown.root.querySelector('[role="group"]');

test("pressing a reply says it", () => {
  shown.show(<Replies data={{ ...BASE, buttons: ["Yes please", "No"] }} />);
  expect(group()?.getAttribute("aria-label")).toBe("Suggested replies");
  press(shown.root, "Yes please");
  expect(shown.deeds).toEqual([["send", "Yes please"]]);
});

test("pressing one of the answers that may be meant asks it, and that answer counts as read", () => {
  shown.show(<Replies data={CHOICES} />);
  expect(group()?.getAttribute("aria-label")).toBe("Did you mean one of these?");
  press(shown.root, "Returns");
  expect(shown.deeds).toEqual([["send", "Returns", "b"]]);
});

test("in a closed conversation they cannot be pressed", () => {
  shown.show(<Replies data={CHOICES} />, { conversation: { state: "closed" } });
  expect([...shown.root.querySelectorAll("button")].map((each) => each.disabled)).toEqual([
    true,
    true,
  ]);
});

test("an answer without any has no group", () => {
  shown.show(<Replies data={BASE} />);
  expect(shown.root.innerHTML).toBe("");
});

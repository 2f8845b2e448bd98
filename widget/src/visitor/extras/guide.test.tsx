// @vitest-environment happy-dom
import { beforeAll, beforeEach, expect, test } from "vitest";
import { KIT } from "../components/kit.ts";
import { answerRow, press, type Shown, stage } from "../testing/stage.tsx";
import { Extra, equip } from "./extras.tsx";

beforeAll(() => equip(KIT));

const STEPS = [
  { title: "Unpack", text: "Open it.", html: "<p>Open <b>it</b>.</p>" },
  { text: "Screw.", html: "<p>Screw.</p>" },
  { title: "Light", text: "Switch on.", html: "<p>Switch on.</p>" },
];

let shown: Shown;
beforeEach(() => {
  shown = stage();
});
const show = (done: number, { current = true, state = {} } = {}) =>
  shown.show(<Extra row={answerRow({ steps: STEPS }, { done })} current={current} />, state);
const text = () => shown.root.textContent;

test("in a page with an older widget they are not drawn", () => {
  const { SafeHtml: _, ...older } = KIT;
  expect(() => equip(older as typeof KIT)).toThrow("too old");
  equip(KIT);
});

test("one step is shown at a time, with its title and how far it is", () => {
  show(0);
  expect(text()).toContain("Step 1 of 3");
  expect(shown.root.querySelector("strong")?.textContent).toBe("Unpack");
  expect(shown.root.querySelector(".rich b")?.textContent).toBe("it");
  expect(text()).not.toContain("Screw.");
  expect(text()).not.toContain("Back");
  show(1);
  expect(text()).toContain("Step 2 of 3");
  expect(text()).toContain("Screw.");
});

test("each confirmation says how many steps are done; back takes one of them back", () => {
  show(1);
  press(shown.root, "Done, next");
  press(shown.root, "Back");
  show(2);
  press(shown.root, "Done");
  expect(shown.deeds).toEqual([
    ["step", 2, 2],
    ["step", 2, 0],
    ["step", 2, 3],
  ]);
});

test("a double click confirms one step", () => {
  show(0);
  press(shown.root, "Done, next");
  show(1);
  press(shown.root, "Done, next", 2);
  expect(shown.deeds).toEqual([["step", 2, 1]]);
});

test("the focus goes to the new step, once somebody moves", () => {
  show(1);
  expect(document.activeElement).toBe(document.body);
  press(shown.root, "Done, next");
  show(2);
  expect(document.activeElement?.textContent).toBe("Step 3 of 3Light");
});

test("a guide that is done is a line that can be opened; the last one says that it ends", () => {
  show(3);
  expect(shown.root.querySelector("summary")?.textContent).toBe("Guide: 3 of 3 steps done");
  expect(shown.root.querySelector("details")?.open).toBe(false);
  expect(shown.root.querySelectorAll("details li").length).toBe(3);
  expect(text()).toContain("That was the last step.");
  press(shown.root, "Back");
  expect(shown.deeds).toEqual([["step", 2, 2]]);
  show(3, { current: false });
  expect(text()).not.toContain("That was the last step.");
  expect(shown.root.querySelector("button")).toBeNull();
});

test("more steps than there are count as all of them", () => {
  show(20);
  expect(text()).toContain("Guide: 3 of 3 steps done");
});

test("once the conversation is closed nothing can be confirmed", () => {
  show(1, { state: { conversation: { state: "closed" } } });
  const buttons = [...shown.root.querySelectorAll("button")];
  expect(buttons.map((button) => button.disabled)).toEqual([true, true]);
});

// @vitest-environment happy-dom
import { beforeAll, beforeEach, expect, test } from "vitest";
import { KIT } from "../components/kit.ts";
import { input, press, type Shown, stage, submit, type } from "../testing/stage.tsx";
import { AddEmail, equip, LeaveForm } from "./extras.tsx";

beforeAll(() => equip(KIT));

const LABEL = "E-mail address";
const KNOWN = { facts: { email: "v@example.org" } };

let shown: Shown;
beforeEach(() => {
  shown = stage();
});
const fields = () => shown.root.querySelectorAll('input[type="email"]').length;

test("who waits for nobody may leave an address, if it is one", () => {
  shown.show(<AddEmail />);
  type(shown.root, LABEL, "nobody");
  submit(shown.root);
  expect(shown.root.querySelector('[role="alert"]')?.textContent).toContain("e-mail address");
  type(shown.root, LABEL, " v@example.org ");
  submit(shown.root);
  expect(shown.deeds).toEqual([["leaveEmail", "v@example.org"]]);
});

test("an address that is known is told, not asked for, and can be another", () => {
  shown.show(<AddEmail />, KNOWN);
  expect(shown.root.textContent).toBe("We will also write to v@example.org.Change");
  expect(fields()).toBe(0);
  press(shown.root, "Change");
  expect(document.activeElement).toBe(input(shown.root, LABEL));
  type(shown.root, LABEL, "w@example.org");
  submit(shown.root);
  expect(shown.deeds).toEqual([["leaveEmail", "w@example.org"]]);
  expect(fields()).toBe(0);
});

test("whoever leaves a message is not asked for an address that is known", () => {
  shown.show(<LeaveForm />, { ...KNOWN, draft: "Hello" });
  expect(shown.root.textContent).toContain("We will also write to v@example.org.");
  expect(fields()).toBe(0);
  submit(shown.root);
  expect(shown.deeds).toEqual([["leaveMessage", "Hello", ""]]);
});

test("whoever leaves a message may leave another address than the known one", () => {
  shown.show(<LeaveForm />, { ...KNOWN, draft: "Hello" });
  press(shown.root, "Change");
  type(shown.root, LABEL, "w@");
  submit(shown.root);
  expect(shown.deeds).toEqual([]);
  type(shown.root, LABEL, "w@example.org");
  submit(shown.root);
  expect(shown.deeds).toEqual([["leaveMessage", "Hello", "w@example.org"]]);
});

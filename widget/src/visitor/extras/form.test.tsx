// @vitest-environment happy-dom
import { beforeAll, beforeEach, expect, test } from "vitest";
import { KIT } from "../components/kit.ts";
import type { Filled } from "../rows.ts";
import { answerRow, input, type Shown, stage, submit, type } from "../testing/stage.tsx";
import { Extra, equip } from "./extras.tsx";

beforeAll(() => equip(KIT));

const FORM = [
  { name: "order", label: "Order number", type: "number" },
  { name: "email", label: "E-mail", type: "email" },
  { name: "phone", label: "Phone", type: "tel", optional: true },
  { name: "bought", label: "Bought on", type: "date", optional: true },
];

let shown: Shown;
beforeEach(() => {
  shown = stage();
});
interface Given {
  readonly form?: object[];
  readonly filled?: Filled | undefined;
  readonly [state: string]: unknown;
}
function show({ form = FORM, filled, ...state }: Given = {}) {
  shown.show(<Extra row={answerRow({ form }, { filled })} current />, state);
}
const sent = () => shown.deeds.filter(([name]) => name === "fillIn");
const fault = (label: string) => {
  const field = input(shown.root, label);
  const id = field.getAttribute("aria-describedby");
  return [
    field.getAttribute("aria-invalid"),
    id && shown.root.querySelector(`#${id}`)?.textContent,
  ];
};

test("fields are of their types, and browsers know what to fill in", () => {
  show();
  const fields = FORM.map(({ label }) => input(shown.root, label));
  expect(fields.map((field) => field.type)).toEqual(["text", "email", "tel", "date"]);
  expect(fields.map((field) => field.getAttribute("inputmode"))).toEqual([
    "decimal",
    "email",
    "tel",
    null,
  ]);
  expect(fields.map((field) => field.getAttribute("autocomplete"))).toEqual([
    "on",
    "email",
    "tel",
    "on",
  ]);
  expect(fields.map((field) => field.required)).toEqual([true, true, false, false]);
});

test("what was filled in is sent, without the spaces around it and what was left out", () => {
  show();
  type(shown.root, "Order number", " 0071 ");
  type(shown.root, "E-mail", "v@example.org");
  submit(shown.root);
  expect(sent()).toEqual([["fillIn", 2, { order: "0071", email: "v@example.org" }]]);
});

test("what is missing or wrong is said beside its field, and the first of them has the focus", () => {
  show();
  type(shown.root, "E-mail", "nobody");
  type(shown.root, "Phone", "call me");
  submit(shown.root);
  expect(sent()).toEqual([]);
  expect(fault("Order number")).toEqual(["true", "Please fill this in."]);
  expect(fault("E-mail")).toEqual(["true", "This does not look like an e-mail address."]);
  expect(fault("Phone")).toEqual(["true", "This does not look like a phone number."]);
  expect(fault("Bought on")).toEqual(["false", null]);
  expect(document.activeElement).toBe(input(shown.root, "Order number"));
  type(shown.root, "Order number", "seven");
  expect(fault("Order number")).toEqual(["false", null]);
  submit(shown.root);
  expect(fault("Order number")).toEqual(["true", "Please write a number here."]);
});

test.each(["+45 12 34 56 78", "(020) 1234-567", "0048.123.456.789"])(
  "%s is a phone number",
  (phone) => {
    show({ form: [{ name: "phone", label: "Phone", type: "tel" }] });
    type(shown.root, "Phone", phone);
    submit(shown.root);
    expect(sent()).toEqual([["fillIn", 2, { phone }]]);
  },
);

test("where all may be left out, something has to be there to be sent", () => {
  show({ form: FORM.slice(2) });
  submit(shown.root);
  expect(sent()).toEqual([]);
  expect(fault("Phone")).toEqual(["true", "Please fill this in."]);
  type(shown.root, "Phone", "12345");
  submit(shown.root);
  expect(sent()).toEqual([["fillIn", 2, { phone: "12345" }]]);
});

test("every key is kept, and what was kept comes back before what was filled in beforehand", () => {
  const form = [
    { ...FORM[0], value: "1" },
    { ...FORM[1], value: "old@example.org" },
  ];
  shown = stage({}, { 2: { email: "half@" } });
  show({ form });
  expect(input(shown.root, "Order number").value).toBe("1");
  expect(input(shown.root, "E-mail").value).toBe("half@");
  type(shown.root, "E-mail", "half@e");
  expect(shown.deeds).toEqual([["filling", 2, { order: "1", email: "half@e" }]]);
});

test("what is known by now is not asked for", () => {
  show({ facts: { email: "v@example.org", order: "7" } });
  expect([...shown.root.querySelectorAll("label")].map((each) => each.textContent)).toEqual([
    "Phone (optional)",
    "Bought on (optional)",
  ]);
  show({ form: FORM.slice(0, 2), facts: { email: "v@example.org", order: "7" } });
  expect(shown.root.textContent).toBe("");
});

test("what was sent is shown in place of the form", () => {
  const fields = { order: "7", email: "v@example.org" };
  show({ filled: { fields, state: "sent" }, facts: fields });
  expect(shown.root.querySelector("form")).toBeNull();
  expect(shown.root.querySelector("dl")?.getAttribute("aria-label")).toBe("Sent");
  expect([...shown.root.querySelectorAll("dt, dd")].map((each) => each.textContent)).toEqual([
    "Order number",
    "7",
    "E-mail",
    "v@example.org",
  ]);
  show({ filled: { fields, state: "sending" }, facts: fields });
  expect(shown.root.querySelector("dl")?.getAttribute("aria-label")).toBe("Sending");
});

test("what was refused is there to be corrected, and goes in place of what was refused", () => {
  const fields = { order: "7", email: "v@example.org" };
  show({ filled: { fields, state: "failed", error: "bad_data", key: "k9" } });
  expect(input(shown.root, "Order number").value).toBe("7");
  expect(shown.root.querySelector('[role="alert"]')?.textContent).toContain("bad_data");
  type(shown.root, "Order number", "8");
  submit(shown.root);
  expect(sent()).toEqual([["fillIn", 2, { ...fields, order: "8" }, "k9"]]);
});

test("once the conversation is closed nothing can be filled in", () => {
  show({ conversation: { state: "closed" } });
  expect(input(shown.root, "E-mail").disabled).toBe(true);
  expect(shown.root.querySelector("button")?.disabled).toBe(true);
});

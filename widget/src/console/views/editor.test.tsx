// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, expect, test } from "vitest";
import { MemoryStorage } from "../../protocol/index.ts";
import { a } from "../answer-texts.ts";
import { Editing } from "../editing.ts";
import { AnswerList } from "../files.ts";
import { settle } from "../testing/server.ts";
import { UnsavedAnswers } from "../unsaved.ts";
import { EditorPane } from "./editor.tsx";

const SOURCE = `---
title: Delivery
phrases:
  - how long
ask:
  - order: Your order number
---
Soon.
`;

let root: HTMLElement;
let editing: Editing;
let unsaved: UnsavedAnswers;

const api = {
  answerFile: async (file: string) => ({
    file,
    source: SOURCE,
    origin: "console" as const,
    version: "1",
  }),
  saveAnswer: async (file: string, source: string) => ({
    file,
    source,
    origin: "console" as const,
    version: "2",
  }),
  removeAnswer: async () => {},
  tryAnswer: async () => ({
    tried: 1000,
    changes: [{ text: "how fast", times: 3, before: null, after: "Delivery" }],
  }),
};

async function show(key: string): Promise<void> {
  editing = new Editing(key, api, unsaved, { saved: () => {}, removed: () => {} });
  const list = new AnswerList({ answerFiles: async () => ({ files: [], errors: [] }) });
  await act(async () => {
    render(<EditorPane editing={editing} list={list} />, root);
    await editing.load();
    await settle();
  });
}

function field(label: string): HTMLInputElement {
  const labels = [...root.querySelectorAll("label")];
  const found = labels.find((each) => each.querySelector(".editor-label")?.textContent === label);
  const control = found?.querySelector("input, textarea, select");
  if (!control) throw new Error(`no field ${label}`);
  return control as HTMLInputElement;
}

async function fill(label: string, value: string): Promise<void> {
  await act(async () => {
    const control = field(label);
    control.value = value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
  });
}

async function press(name: string): Promise<void> {
  await act(async () => {
    const buttons = [...root.querySelectorAll("button")];
    buttons.find((each) => each.textContent?.trim() === name)?.click();
    await settle();
  });
}

beforeEach(() => {
  document.body.replaceChildren();
  root = document.body.appendChild(document.createElement("div"));
  unsaved = new UnsavedAnswers(new MemoryStorage(), "anna");
});

test("form and source are two ways to write the same; what no field knows stays", async () => {
  await show("delivery.md");
  expect(field(a.phrases).value).toBe("how long");
  await fill(a.phrases, "how long\nhow fast\n");
  // The line that was just begun is still there.
  expect(field(a.phrases).value).toBe("how long\nhow fast\n");
  await press(a.source);
  const expected = SOURCE.replace("  - how long\n", "  - how long\n  - how fast\n");
  expect(field(a.source).value).toBe(expected);
  await fill(a.source, expected.replace("Soon.", "Very soon."));
  await press(a.form);
  expect(field(a.body).value).toBe("Very soon.\n");
});

test("what would change is shown before anything is saved", async () => {
  await show("delivery.md");
  await fill(a.title, "Delivery time");
  await press(a.review);
  expect(root.querySelector(".review")?.textContent).toContain(a.changes(1, 1000));
  expect(root.querySelector(".change")?.textContent).toBe(
    `how fast ${a.askedTimes(3)}${a.before}${a.noAnswer}${a.after}Delivery`,
  );
  expect(unsaved.keys.value).toEqual(["delivery.md"]);
  await press(a.save);
  expect(unsaved.keys.value).toEqual([]);
  expect(field(a.title).value).toBe("Delivery time");
});

test("a value that a field would spoil is left to the source", async () => {
  const folded = SOURCE.replace("title: Delivery", "title: >\n  Delivery\n  time");
  await show(unsaved.begin({ source: folded }));
  expect(() => field(a.title)).toThrow();
  await press(a.openSource);
  expect(field(a.source).value).toBe(folded);
});

test("a new answer shows where it will be kept, by title and language", async () => {
  await show(unsaved.begin({ source: SOURCE }));
  expect(root.textContent).toContain(a.nameHint("delivery.md"));
  await act(async () => {
    field(a.language).value = "da";
    field(a.language).dispatchEvent(new Event("change", { bubbles: true }));
  });
  expect(root.textContent).toContain(a.nameHint("delivery.da.md"));
  await fill(a.name, "Så Hurtigt");
  expect(root.textContent).toContain(a.nameHint("s-hurtigt.da.md"));
});

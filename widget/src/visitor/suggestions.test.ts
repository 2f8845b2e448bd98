import { beforeEach, expect, test } from "vitest";
import type { Answer } from "../protocol/index.ts";
import { ManualClock, settle } from "../protocol/testing/surroundings.ts";
import { type Signal, signal } from "./signals.ts";
import { MAX_TEXT } from "./state.ts";
import { suggest } from "./suggestions.ts";

const answers = (...titles: string[]): Answer[] =>
  titles.map((title) => ({ answer: title, title, score: 0.5 }));

interface Asked {
  readonly text: string;
  readonly answer: (answers: readonly Answer[]) => void;
  readonly refuse: (error: Error) => void;
}

let clock: ManualClock;
let draft: Signal<string>;
let wanted: Signal<boolean>;
let asked: Asked[];
let found: Signal<readonly Answer[]>;
let stop: () => void;

beforeEach(() => {
  clock = new ManualClock();
  draft = signal("");
  wanted = signal(true);
  asked = [];
  found = signal([]);
  stop = suggest({
    typed: () => (wanted.value ? draft.value : ""),
    ask: (text) =>
      new Promise((answer, refuse) => {
        asked.push({ text, answer, refuse });
      }),
    clock,
    found,
  });
});

const texts = () => asked.map(({ text }) => text);
const shown = () => found.value.map(({ title }) => title);

/** Type, pause, and have the question answered. */
async function find(text: string, ...titles: string[]): Promise<void> {
  draft.value = text;
  await clock.pass(200);
  asked.at(-1)?.answer(answers(...titles));
  await settle();
}

test("the second word is asked about, once the typing pauses", async () => {
  for (const text of ["h", "how", "how ", "how l", "how lo", "how long"]) {
    draft.value = text;
    await clock.pass(199);
  }
  expect(texts()).toEqual([]);
  await clock.pass(1);
  // A space at the end asks nothing new.
  draft.value = "how long ";
  await clock.pass(1000);
  expect(texts()).toEqual(["how long"]);
});

test("three are shown at most, until the text is sent, emptied or one word", async () => {
  for (const less of ["", "how", "  how  "]) {
    await find("how long", "a", "b", "c", "d");
    expect(shown()).toEqual(["a", "b", "c"]);
    draft.value = less;
    expect(shown()).toEqual([]);
  }
});

test("what is shown stays while more is typed, and an answer to less comes too late", async () => {
  await find("how long", "a");
  draft.value = "how long does";
  await clock.pass(200);
  draft.value = "how long does it";
  await clock.pass(200);
  asked[1]?.answer(answers("late"));
  await settle();
  expect(shown()).toEqual(["a"]);
  asked[2]?.answer(answers("b"));
  await settle();
  expect(shown()).toEqual(["b"]);
});

test("an answer that comes after the text was sent is dropped", async () => {
  draft.value = "how long";
  await clock.pass(200);
  draft.value = "";
  asked[0]?.answer(answers("late"));
  await settle();
  expect(shown()).toEqual([]);
});

test("what is refused or cut off suggests nothing, and says nothing", async () => {
  await find("how long", "a");
  draft.value = "how long does";
  await clock.pass(200);
  asked[1]?.refuse(new Error("rate_limited"));
  await settle();
  expect(shown()).toEqual([]);
});

test("more text than the server takes is not asked about", async () => {
  await find("how long", "a");
  const most = `how l${"o".repeat(MAX_TEXT - 7)}ng`;
  draft.value = `${most}?`;
  expect(shown()).toEqual([]);
  await clock.pass(1000);
  draft.value = most;
  await clock.pass(1000);
  expect(texts()).toEqual(["how long", most]);
});

test("nothing is asked or shown while nothing is wanted; then it is made up for", async () => {
  await find("how long", "a");
  wanted.value = false;
  expect(shown()).toEqual([]);
  draft.value = "how long does";
  await clock.pass(1000);
  expect(texts()).toEqual(["how long"]);
  wanted.value = true;
  await clock.pass(200);
  expect(texts()).toEqual(["how long", "how long does"]);
});

test("nothing is asked once it has stopped", async () => {
  draft.value = "how long";
  stop();
  await clock.pass(1000);
  expect(texts()).toEqual([]);
});

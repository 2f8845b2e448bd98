// @vitest-environment happy-dom
import { beforeAll, expect, test, vi } from "vitest";
import type { Extras } from "../extras/extras.tsx";
import * as extras from "../extras/extras.tsx";
import { answerRow, stage } from "../testing/stage.tsx";
import { KIT } from "./kit.ts";
import { Message } from "./message.tsx";

beforeAll(() => extras.equip(KIT));

const STEPS = [
  { title: "Unpack", text: "Open it.", html: "<p>Open it.</p>" },
  { text: "Screw.", html: "<p>Screw.</p>" },
];
const message = (data: object, more: object = {}) => (
  <Message row={answerRow(data, more)} away={false} current={false} latest={true} />
);

test("until a guide can be gone through all of it can be read; what did not come is tried again", async () => {
  vi.useFakeTimers();
  const answers: ("lost" | Extras)[] = ["lost", "lost", extras];
  let asked = 0;
  const fetch = async () => {
    const now = answers[asked];
    asked += 1;
    if (!now || now === "lost") throw new TypeError("no network");
    return now;
  };
  const shown = stage({ extras: fetch });
  shown.show(message({ steps: STEPS }, { html: "<p>First of all.</p>", text: "First of all." }));
  await vi.advanceTimersByTimeAsync(0);
  for (const part of ["First of all.", "Unpack", "Open it.", "Screw."]) {
    expect(shown.root.textContent).toContain(part);
  }
  expect(shown.root.textContent).not.toContain("Step 1");
  await vi.advanceTimersByTimeAsync(3000);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(6000);
  await vi.waitFor(() => expect(shown.root.textContent).toContain("Step 1 of 2"));
  expect(shown.root.textContent).not.toContain("Screw.");
  expect(asked).toBe(3);

  shown.show(null);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(3);
  vi.useRealTimers();
});

test("what is no longer shown is not fetched any more", async () => {
  vi.useFakeTimers();
  let asked = 0;
  const shown = stage({
    extras: async () => {
      asked += 1;
      throw new TypeError("no network");
    },
  });
  shown.show(message({ form: [{ name: "order", label: "Order", type: "text" }] }, { text: "Hi" }));
  await vi.advanceTimersByTimeAsync(3000);
  expect(asked).toBe(2);
  expect(shown.root.textContent).toContain("Hi");
  shown.show(null);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(2);
  vi.useRealTimers();
});

test("near ties are asked about in place of the word that nothing is known", () => {
  const shown = stage();
  const choices = [
    { answer: "a", title: "Delivery" },
    { answer: "b", title: "Returns" },
  ];
  shown.show(message({ answer: null, choices }, { unknown: true, answer: undefined }));
  expect(shown.root.querySelector(".bubble")?.textContent).toBe("Did you mean one of these?");
  shown.show(message({ answer: null }, { unknown: true, answer: undefined }));
  expect(shown.root.querySelector(".bubble")?.textContent).toContain("I do not know the answer");
});

test("only the last thing said offers replies", () => {
  const shown = stage();
  const row = answerRow({ buttons: ["Yes please"] }, { text: "Shall I?" });
  const at = (latest: boolean) =>
    shown.show(<Message row={row} away={false} current={false} latest={latest} />);
  at(true);
  expect(shown.root.querySelectorAll(".replies button").length).toBe(1);
  at(false);
  expect(shown.root.querySelectorAll(".replies button").length).toBe(0);
});

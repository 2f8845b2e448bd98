import { expect, test } from "vitest";
import type { Entry, OutboxItem, Principal } from "../protocol/index.ts";
import { entry } from "./testing/samples.ts";
import { grouped, timeline } from "./timeline.ts";

const me: Principal = { kind: "agent", id: "anna", name: "Anna" };
const view = (...entries: ReturnType<typeof entry>[]) => ({ entries, hasOlder: false });
const none = view();

function going(key: string, more: Partial<OutboxItem> = {}): OutboxItem {
  return {
    key,
    channel: "conversation:c",
    kind: "message",
    data: { text: key },
    at: 99_000,
    order: 1,
    state: "sending",
    durable: true,
    ...more,
  };
}

test("notes stand between the messages, by time", () => {
  const said = view(entry(1, "message"), entry(2, "message", { at: 5000 }));
  const noted = view(entry(1, "note", { at: 3000, id: "n1", from: me }));
  const items = timeline(said, noted, [], me, 0);
  expect(items.map((item) => item.key)).toEqual(["e1", "n1", "e2"]);
});

test("notes from before the first loaded message wait for it", () => {
  const said = { entries: [entry(30, "message")], hasOlder: true };
  const noted = view(
    entry(1, "note", { at: 10, id: "n1" }),
    entry(2, "note", { at: 40_000, id: "n2" }),
  );
  expect(timeline(said, noted, [], me, 0).map((item) => item.key)).toEqual(["e30", "n2"]);
});

test("why somebody was passed on as an expert is told once: where it happened", () => {
  const server: Principal = { kind: "server", id: "straks" };
  const reasons = ["names the error code E-17", "the page says so"];
  const reason = (offset: number, text: string) =>
    entry(offset, "assign_reason", { id: `r${offset}`, at: 3000, from: server, data: { text } });
  const desk = view(
    reason(1, "An expert asks: names the error code E-17; the page says so."),
    reason(2, "An expert asks: has read 3 help pages."),
  );
  const data = { expert: { score: 1, reasons } };
  const bot: Principal = { kind: "app", id: "responder" };
  const asked = entry(2, "ask_human", { from: bot, data });
  const keys = (of: Entry) =>
    timeline(view(entry(1, "message"), of), desk, [], me, 0).map(({ key }) => key);
  expect(keys(asked)).toEqual(["e1", "e2", "r2"]);
  // Where the conversation does not say why, the desk does; a visitor's word counts for nothing.
  expect(keys(entry(2, "ask_human", { data }))).toEqual(["e1", "e2", "r1", "r2"]);
  expect(keys(entry(2, "ask_human"))).toEqual(["e1", "e2", "r1", "r2"]);
  expect(timeline({ entries: [], hasOlder: false }, desk, [], me, 0)).toHaveLength(2);
});

test("what is being sent comes last, and once it is in the log only there", () => {
  const items = timeline(view(entry(1, "message")), none, [going("k1"), going("k2")], me, 0);
  expect(items.map((item) => [item.key, item.delivery])).toEqual([
    ["e1", undefined],
    ["k1", "sending"],
    ["k2", "sending"],
  ]);
  const sent = entry(2, "message", { from: me, key: "k1" });
  const after = timeline(
    view(entry(1, "message"), sent),
    none,
    [going("k1", { state: "sent" })],
    me,
    0,
  );
  expect(after.map((item) => [item.key, item.delivery])).toEqual([
    ["e1", undefined],
    ["k1", "sent"],
  ]);
});

test("what was accepted but has not come back yet stays visible", () => {
  const items = timeline(none, none, [going("k1", { state: "sent", offset: 2 })], me, 0);
  expect(items.map((item) => item.key)).toEqual(["k1"]);
});

test("a failed message says why", () => {
  const failed = going("k1", { state: "failed", error: "wrong_state" });
  expect(timeline(none, none, [failed], me, 0)[0]).toMatchObject({
    delivery: "failed",
    error: "wrong_state",
  });
});

test("own messages up to the visitor's mark are read", () => {
  const said = view(entry(1, "message", { from: me }), entry(2, "message", { from: me }));
  expect(timeline(said, none, [], me, 1).map((item) => item.delivery)).toEqual(["read", "sent"]);
});

test("accepting is no message to be sent", () => {
  expect(timeline(none, none, [going("k", { kind: "accept" })], me, 0)).toEqual([]);
});

test("runs of one person share a group, until something happens or time passes", () => {
  const items = timeline(
    view(
      entry(1, "message"),
      entry(2, "message"),
      entry(3, "ask_human"),
      entry(4, "message"),
      entry(5, "message", { at: 4000 + 6 * 60_000 }),
      entry(6, "message", { at: 4001 + 6 * 60_000, from: me }),
    ),
    none,
    [],
    me,
    0,
  );
  expect(grouped(items).map((group) => group.items.length)).toEqual([2, 1, 1, 1, 1]);
});

const bot: Principal = { kind: "app", id: "answers" };
const answer = (offset: number, title: string) =>
  entry(offset, "answer", { from: bot, data: { answer: `id-${offset}`, title } });
const feedback = (offset: number, about: number, helped: boolean) =>
  entry(offset, "feedback", { data: { answer: about, helped } });

test("a verdict stands at its answer, and nowhere else", () => {
  const said = view(
    entry(1, "message"),
    answer(2, "Delivery"),
    feedback(3, 2, false),
    answer(4, "Returns"),
    feedback(5, 2, true),
  );
  const items = timeline(said, none, [], me, 0);
  expect(items.map((item) => [item.kind, item.helped])).toEqual([
    ["message", undefined],
    ["answer", true],
    ["answer", undefined],
  ]);
  expect(grouped(items).map((group) => group.items.length)).toEqual([1, 2]);
});

test("who asks for a person has tried these answers in vain, since the last time", () => {
  const said = view(
    entry(1, "message"),
    answer(2, "Delivery"),
    feedback(3, 2, true),
    answer(4, "Returns"),
    feedback(5, 4, false),
    // Another's, from before what is loaded.
    feedback(6, 99, false),
    entry(7, "ask_human"),
    entry(8, "ask_human"),
    answer(9, "Refunds"),
    feedback(10, 9, false),
    entry(11, "ask_human"),
  );
  const asked = timeline(said, none, [], me, 0).filter((item) => item.kind === "ask_human");
  expect(asked.map((item) => item.inVain)).toEqual([["Returns"], [], ["Refunds"]]);
});

test("a new day is marked", () => {
  const day = 86_400_000;
  const items = timeline(
    view(entry(1, "message", { at: day * 10 }), entry(2, "message", { at: day * 11 })),
    none,
    [],
    me,
    0,
  );
  expect(grouped(items).map((group) => group.day)).toEqual([true, true]);
});

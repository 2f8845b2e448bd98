import { expect, test } from "vitest";
import type { Entry, OutboxItem, Principal } from "../protocol/index.ts";
import { lastAnswer, lastMessage, type MessageRow, rowsOf } from "./rows.ts";

const VISITOR: Principal = { kind: "visitor", id: "v" };
const ANNA: Principal = { kind: "agent", id: "a", name: "Anna" };
const BOT: Principal = { kind: "app", id: "answers" };
const NOON = new Date(2026, 4, 15, 12).getTime();
const MINUTE = 60_000;

function entry(
  offset: number,
  from: Principal,
  kind = "message",
  data: object = { text: `${offset}` },
  at = NOON + offset * 1000,
): Entry {
  const key = from.kind === "visitor" ? { key: `k${offset}` } : {};
  return { offset, id: `e${offset}`, at, from, kind, data: data as Entry["data"], ...key };
}

function item(key: string, state: OutboxItem["state"], kind = "message"): OutboxItem {
  return {
    key,
    channel: "conversation:c",
    kind,
    data: { text: key },
    at: NOON + MINUTE,
    order: 1,
    state,
    durable: true,
  };
}

const messages = (rows: ReturnType<typeof rowsOf>) =>
  rows.filter((row): row is MessageRow => row.type === "message");

test("one sender's messages stand together, until time or another comes between", () => {
  const rows = messages(
    rowsOf(
      [
        entry(1, VISITOR),
        entry(2, VISITOR),
        entry(3, BOT),
        entry(4, ANNA),
        entry(5, ANNA, "message", { text: "late" }, NOON + 20 * MINUTE),
      ],
      [],
      0,
    ),
  );
  expect(rows.map((row) => [row.first, row.last])).toEqual([
    [true, false],
    [false, true],
    [true, true],
    [true, true],
    [true, true],
  ]);
});

test("each day begins with its name", () => {
  const rows = rowsOf(
    [entry(1, ANNA), entry(2, ANNA, "message", { text: "x" }, NOON + 24 * 60 * MINUTE)],
    [],
    0,
  );
  expect(rows.map((row) => row.type)).toEqual(["day", "message", "day", "message"]);
});

test("what is read, sent and on its way says so; what stands together and differs, each for itself", () => {
  const rows = messages(
    rowsOf(
      [entry(1, VISITOR), entry(2, VISITOR)],
      [item("k9", "sending"), item("k8", "failed")],
      1,
    ),
  );
  expect(rows.map((row) => [row.delivery, row.last])).toEqual([
    ["read", true],
    ["sent", true],
    ["sending", true],
    ["failed", true],
  ]);
});

test("an item that the log has is shown once, under the same key", () => {
  const before = messages(rowsOf([], [item("k1", "sending", "open")], 0));
  const after = messages(rowsOf([entry(1, VISITOR)], [item("k1", "sent", "open")], 0));
  expect([before.length, after.length]).toEqual([1, 1]);
  expect(after[0]?.key).toBe(before[0]?.key);
});

test("an answer of nothing says that the bot does not know", () => {
  const [known, unknown] = messages(
    rowsOf(
      [
        entry(1, BOT, "answer", { answer: "a", text: "t", html: "<p>t</p>", title: "T" }),
        entry(2, BOT, "answer", { answer: null, score: 0.1 }),
      ],
      [],
      0,
    ),
  );
  expect([known?.unknown, known?.title, known?.html]).toEqual([false, "T", "<p>t</p>"]);
  expect(unknown?.unknown).toBe(true);
});

const known = (offset: number, tags: string[] = []) =>
  entry(offset, BOT, "answer", { answer: "a", text: "t", score: 1, tags });
const feedback = (offset: number, answer: number, helped: boolean) =>
  entry(offset, VISITOR, "feedback", { answer, helped });

test("an answer says whether it helped, by the last word on it", () => {
  const log = [entry(1, VISITOR), known(2), feedback(3, 2, false), known(4), feedback(5, 2, true)];
  const rows = messages(rowsOf(log, [], 0));
  expect(rows.map((row) => [row.answer, row.helped])).toEqual([
    [undefined, undefined],
    [2, true],
    [4, undefined],
  ]);
  // A verdict is no row: what one sender said before and after it stands together.
  expect(rows.map((row) => row.first)).toEqual([true, true, false]);
});

test("a verdict counts from when it was given, unless it was refused", () => {
  const judging = (state: OutboxItem["state"]): OutboxItem => ({
    ...item("k9", state, "feedback"),
    data: { answer: 2, helped: false },
  });
  const helped = (state: OutboxItem["state"]) =>
    messages(rowsOf([entry(1, VISITOR), known(2)], [judging(state)], 0)).at(-1)?.helped;
  expect([helped("sending"), helped("sent"), helped("failed")]).toEqual([false, false, undefined]);
});

test("the last answer that says something is the one to judge", () => {
  const unknown = entry(5, BOT, "answer", { answer: null, score: 0 });
  const rows = rowsOf(
    [entry(1, VISITOR), known(2), known(3), known(4, ["greeting"]), unknown],
    [],
    0,
  );
  expect(lastAnswer(rows)).toMatchObject({ answer: 3 });
  expect(lastAnswer(rowsOf([entry(1, VISITOR), unknown], [], 0))).toBeUndefined();
});

test("what happened is told, by name where there is one", () => {
  const rows = rowsOf(
    [
      entry(1, VISITOR, "ask_human", {}),
      entry(2, ANNA, "accept", {}),
      entry(3, ANNA, "close", {}),
      entry(4, { kind: "server", id: "straks" }, "close", {}),
      entry(5, VISITOR, "contact", { email: "a@b.example" }),
      entry(6, VISITOR, "rate", { stars: 5 }),
    ],
    [],
    0,
  ).filter((row) => row.type === "event");
  expect(rows.map((row) => row.event)).toEqual([
    "asked",
    "joined",
    "closedBy",
    "closed",
    "contact",
  ]);
  expect(rows[1]?.values).toEqual({ name: "Anna" });
});

test("who is passed on as an expert did not ask for a person, and does not read so", () => {
  const expert = { score: 1, reasons: ["the page says so"] };
  const events = (...said: Parameters<typeof rowsOf>[0]) =>
    rowsOf(said, [], 0).flatMap((row) => (row.type === "event" ? row.event : []));
  expect(events(entry(1, BOT, "ask_human", { expert }))).toEqual(["passed"]);
  expect(events(entry(1, BOT, "ask_human", {}))).toEqual(["asked"]);
  expect(events(entry(1, VISITOR, "ask_human", { expert }))).toEqual(["asked"]);
});

test("an answer that is more than a hello has a page", () => {
  const answer = { answer: "returns/how-to", text: "t", lang: "da" };
  const rows = messages(
    rowsOf(
      [
        entry(1, BOT, "answer", { ...answer, tags: ["returns"] }),
        entry(2, BOT, "answer", { ...answer, tags: ["greeting"] }),
        entry(3, BOT, "answer", { answer: null }),
        entry(4, ANNA),
      ],
      [],
      0,
    ),
  );
  expect(rows.map((row) => row.page)).toEqual([
    "da/returns/how-to",
    undefined,
    undefined,
    undefined,
  ]);
});

const GUIDE = { answer: "a", score: 1, steps: [{ text: "1", html: "<p>1</p>" }] };
const FORM = { answer: "a", score: 1, form: [{ name: "order", label: "Order", type: "number" }] };

test("a guide stands where the log says, and further once a step is on its way", () => {
  const log = [entry(1, VISITOR), entry(2, BOT, "answer", GUIDE)];
  const step = (done: number) => ({ answer: 2, step: done });
  const done = (...more: Parameters<typeof rowsOf>) => messages(rowsOf(...more)).at(-1)?.done;
  expect(done(log, [], 0)).toBe(0);
  const told = [...log, entry(3, VISITOR, "step", step(1))];
  expect(done(told, [], 0)).toBe(1);
  const going = (state: OutboxItem["state"]) => [{ ...item("k9", state, "step"), data: step(2) }];
  expect(done(told, going("sending"), 0)).toBe(2);
  expect(done(told, going("failed"), 0)).toBe(1);
});

test("a form is filled in from when it was sent; one that was refused says so", () => {
  const log = [entry(1, VISITOR), entry(2, BOT, "answer", FORM)];
  const data = { answer: 2, fields: { order: "7" } };
  const filled = (...more: Parameters<typeof rowsOf>) => messages(rowsOf(...more)).at(-1)?.filled;
  expect(filled(log, [], 0)).toBeUndefined();
  expect(filled([...log, entry(3, VISITOR, "details", data)], [], 0)).toEqual({
    fields: data.fields,
    state: "sent",
  });
  const refused = { ...item("k9", "failed", "details"), data, error: "bad_data" };
  expect(filled(log, [refused], 0)).toEqual({
    fields: data.fields,
    state: "failed",
    error: "bad_data",
    key: "k9",
  });
});

test("what is known from elsewhere fills in no form", () => {
  const log = [entry(1, VISITOR), entry(2, BOT, "answer", FORM)];
  const server: Principal = { kind: "server", id: "straks" };
  const rows = rowsOf([...log, entry(3, server, "details", { fields: { order: "7" } })], [], 0);
  expect(messages(rows).at(-1)?.filled).toBeUndefined();
});

test("the last thing said is a message, on its way or there; what happened is none", () => {
  const log = [entry(1, VISITOR), entry(2, BOT, "answer", GUIDE)];
  expect(lastMessage(rowsOf([...log, entry(3, VISITOR, "ask_human", {})], [], 0))).toMatchObject({
    offset: 2,
  });
  expect(lastMessage(rowsOf(log, [item("k9", "sending")], 0))).toMatchObject({ key: "k9" });
  expect(lastMessage([])).toBeUndefined();
});

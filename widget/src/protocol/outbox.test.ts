import { beforeEach, expect, test } from "vitest";
import type { Entry } from "./messages.ts";
import { KEEP_MS, Outbox, pendingChannel } from "./outbox.ts";
import { MemoryStorage } from "./ports.ts";
import { CHANNEL, VISITOR } from "./testing/server.ts";

let storage: MemoryStorage;
let now: number;
beforeEach(() => {
  storage = new MemoryStorage();
  now = 1_000_000;
});

const outbox = () => new Outbox(storage, "test", () => now);
const entry = (offset: number, key: string): Entry => ({
  offset,
  id: `e${offset}`,
  at: now,
  from: VISITOR,
  kind: "message",
  data: {},
  key,
});

test("it outlives the page, in order", () => {
  const first = outbox();
  const keys = [1, 2, 3].map((n) => first.add(CHANNEL, "message", { n }).key);
  expect(
    outbox()
      .items()
      .map((item) => item.key),
  ).toEqual(keys);
});

test("what must not outlive the page does not", () => {
  outbox().add(CHANNEL, "accept", {}, { durable: false });
  expect(outbox().items()).toEqual([]);
});

test("a store that takes nothing costs nothing while the page lives", () => {
  storage.set = () => false;
  const box = outbox();
  const { key } = box.add(CHANNEL, "message", {});
  box.settle(key, 4);
  expect(box.items()[0]).toMatchObject({ key, state: "sent", offset: 4 });
});

test("a damaged item is dropped, the others stay", () => {
  const { key } = outbox().add(CHANNEL, "message", {});
  const damaged = ["{", "null", "[]", '"text"', '{"key":"x"}', '{"key":"4"}', "{}"];
  for (const [at, text] of damaged.entries()) storage.set(`test:out:${at}`, text);
  expect(
    outbox()
      .items()
      .map((item) => item.key),
  ).toEqual([key]);
});

test("one item a channel may go at a time, the oldest", () => {
  const box = outbox();
  const a = box.add("conversation:a", "message", {});
  box.add("conversation:a", "message", {});
  const b = box.add("conversation:b", "message", {});
  expect(box.heads().map((item) => item.key)).toEqual([a.key, b.key]);
  box.fail(a.key, "too_large");
  expect(box.heads().length).toBe(2);
});

test("what follows an open waits for its channel", () => {
  const box = outbox();
  const open = box.add("", "open", {});
  const next = box.add(pendingChannel(open.key), "message", {});
  expect(box.heads().map((item) => item.kind)).toEqual(["open"]);
  box.fail(open.key, "bad_data");
  expect(box.heads()).toEqual([]);
  box.retry(open.key);
  box.settle(open.key, 1, CHANNEL);
  expect(box.heads().map((item) => item.key)).toEqual([next.key]);
  expect(box.channelOf(next)).toBe(CHANNEL);
});

test("sent items are kept for ten minutes, unsent ones for as long as it takes", () => {
  const box = outbox();
  const sent = box.add(CHANNEL, "message", {});
  box.add(CHANNEL, "message", {});
  box.settle(sent.key, 1);
  now += KEEP_MS - 1;
  expect(outbox().items().length).toBe(2);
  now += 1;
  expect(
    outbox()
      .items()
      .map((item) => item.state),
  ).toEqual(["sending"]);
});

test("an open is kept for as long as something still goes where it led", () => {
  const box = outbox();
  const open = box.add("", "open", {});
  box.add(pendingChannel(open.key), "message", {});
  box.settle(open.key, 1, CHANNEL);
  now += KEEP_MS * 2;
  const later = outbox();
  expect(later.heads().map((item) => later.channelOf(item))).toEqual([CHANNEL]);
});

test("entries in the log settle their items, and only a replaced log sends others again", () => {
  const box = outbox();
  const a = box.add(CHANNEL, "message", {});
  const b = box.add(CHANNEL, "message", {});
  box.reconcile(CHANNEL, [entry(1, a.key)], false);
  expect(box.get(a.key)).toMatchObject({ state: "sent", offset: 1 });
  box.settle(b.key, 2);
  box.reconcile(CHANNEL, [], false);
  expect(box.get(b.key)?.state).toBe("sent");
  box.reconcile(CHANNEL, [entry(1, a.key)], true);
  expect(box.get(b.key)).toMatchObject({ state: "sending", key: b.key });
  expect(box.get(a.key)?.state).toBe("sent");
});

test("an item found in the log after it failed did not fail", () => {
  const box = outbox();
  const { key } = box.add(CHANNEL, "message", {});
  box.fail(key, "internal");
  box.reconcile(CHANNEL, [entry(3, key)], false);
  expect(box.get(key)).toMatchObject({ state: "sent", offset: 3 });
  expect(box.get(key)?.error).toBeUndefined();
});

import { beforeEach, expect, test } from "vitest";
import { Client, type ClientOptions } from "./client.ts";
import { RequestError } from "./errors.ts";
import { pendingChannel } from "./outbox.ts";
import { inTurn, MemoryStorage } from "./ports.ts";
import { ANNA, CHANNEL, MemoryServer } from "./testing/server.ts";
import { ManualClock, ManualPage, settle } from "./testing/surroundings.ts";

let server: MemoryServer;
let clock: ManualClock;
let page: ManualPage;
let storage: MemoryStorage;

beforeEach(() => {
  server = new MemoryServer();
  clock = new ManualClock();
  page = new ManualPage();
  storage = new MemoryStorage();
});

function connect(options: Partial<ClientOptions> = {}): Client {
  const client = new Client({
    url: "ws://test/v1/socket",
    name: "test",
    storage,
    dial: server.dial,
    clock,
    page,
    exclusively: inTurn(),
    random: () => 0.5,
    token: () => undefined,
    events: {},
    ...options,
  });
  client.start();
  return client;
}

const texts = (entries: readonly { data: object }[]) =>
  entries.map((entry) => (entry.data as { text?: string }).text);
const log = () => server.logs.get(CHANNEL) ?? [];

async function inConversation(options: Partial<ClientOptions> = {}) {
  const client = connect(options);
  client.open({ text: "0" });
  await settle();
  const view = client.subscribe(CHANNEL);
  await settle();
  return { client, view };
}

test("an open and what follows it arrive in order, with the keys they were written with", async () => {
  const opened: string[] = [];
  const client = connect({ events: { opened: (_key, channel) => opened.push(channel) } });
  const { key } = client.open({ text: "first" });
  client.publish(pendingChannel(key), "message", { text: "second" });
  client.publish(pendingChannel(key), "ask_human", {});
  await settle();
  expect(opened).toEqual([CHANNEL]);
  expect(log().map((entry) => entry.kind)).toEqual(["message", "message", "ask_human"]);
  expect(log()[0]?.key).toBe(key);
  expect(client.outbox(CHANNEL).map((item) => item.state)).toEqual(["sent", "sent", "sent"]);
});

test("what was written without a connection is sent once there is one", async () => {
  server.down = true;
  const client = connect();
  const { key } = client.open({ text: "patience" });
  await clock.pass(3000);
  expect(client.outbox(pendingChannel(key))[0]?.state).toBe("sending");
  server.down = false;
  await clock.pass(20_000);
  expect(texts(log())).toEqual(["patience"]);
});

test("what was not acknowledged before a reload is sent after it, once", async () => {
  const { client } = await inConversation();
  server.meddle = (frame) => {
    if (frame.type !== "publish") return undefined;
    server.append(frame.channel, { kind: "visitor", id: "v1" }, frame.kind, frame.data, frame.key);
    return "mute";
  };
  client.publish(CHANNEL, "message", { text: "cut off" });
  await settle();
  client.stop();
  server.meddle = () => undefined;
  const again = connect();
  await settle();
  expect(texts(log())).toEqual(["0", "cut off"]);
  expect(again.outbox(CHANNEL).map((item) => item.state)).toEqual(["sent", "sent"]);
});

test("an unanswered request means a dead connection: it is replaced and the key sent again", async () => {
  const { client } = await inConversation();
  server.meddle = (frame) => (frame.type === "publish" ? "mute" : undefined);
  client.publish(CHANNEL, "message", { text: "into the void" });
  await clock.pass(14_000);
  server.meddle = () => undefined;
  expect(client.status).toBe("online");
  await clock.pass(5000);
  expect(texts(log())).toEqual(["0", "into the void"]);
  const keys = server.of("publish").map((frame) => frame.key);
  expect(new Set(keys).size).toBe(1);
});

test("a temporary refusal holds the channel back until its time has come", async () => {
  const { client } = await inConversation();
  let refusals = 2;
  server.meddle = (frame) => {
    if (frame.type !== "publish" || refusals === 0) return undefined;
    refusals -= 1;
    return { type: "error", id: frame.id, code: "unavailable", message: "", retry_after: 5 };
  };
  client.publish(CHANNEL, "message", { text: "1" });
  client.publish(CHANNEL, "message", { text: "2" });
  await clock.pass(4000);
  expect(server.of("publish").length).toBe(1);
  await clock.pass(7000);
  expect(texts(log())).toEqual(["0", "1", "2"]);
});

test("a refusal for good leaves the item failed, and the next one goes on", async () => {
  const { client } = await inConversation();
  server.meddle = (frame) =>
    frame.type === "publish" && frame.data["text"] === "bad"
      ? { type: "error", id: frame.id, code: "too_large", message: "" }
      : undefined;
  const bad = client.publish(CHANNEL, "message", { text: "bad" });
  client.publish(CHANNEL, "message", { text: "good" });
  await expect(bad.settled).rejects.toThrow(RequestError);
  await settle();
  expect(texts(log())).toEqual(["0", "good"]);
  expect(client.outbox(CHANNEL).find((item) => item.key === bad.key)?.error).toBe("too_large");
  server.meddle = () => undefined;
  client.retry(bad.key);
  await settle();
  expect(texts(log())).toEqual(["0", "good", "bad"]);
});

test("the application may put something before what was refused and have it sent again", async () => {
  let closed = true;
  const { client } = await inConversation({
    refused: (item) => {
      client.publish(CHANNEL, "reopen", {}, { expect: 1, before: item.key });
      return "retry";
    },
  });
  server.meddle = (frame) => {
    if (frame.type !== "publish") return undefined;
    if (frame.kind === "reopen") closed = false;
    if (!closed) return undefined;
    return { type: "error", id: frame.id, code: "wrong_state", message: "closed" };
  };
  client.publish(CHANNEL, "message", { text: "a" });
  client.publish(CHANNEL, "message", { text: "b" });
  await settle();
  expect(log().map((entry) => entry.kind)).toEqual(["message", "reopen", "message", "message"]);
  expect(texts(log()).slice(2)).toEqual(["a", "b"]);
});

test("a deed that must not linger gives up in time", async () => {
  const { client } = await inConversation();
  server.down = true;
  server.drop();
  const accept = client.publish(CHANNEL, "accept", {}, { expect: 1, durable: false, within: 5000 });
  const outcome = expect(accept.settled).rejects.toMatchObject({ code: "outcome_unknown" });
  await clock.pass(6000);
  await outcome;
  expect(client.outbox(CHANNEL).map((item) => item.kind)).toEqual(["open"]);
});

test("the winner's name comes with the refusal", async () => {
  const { client } = await inConversation();
  server.meddle = (frame) =>
    frame.type === "publish"
      ? {
          type: "error",
          id: frame.id,
          code: "already_taken",
          message: "",
          by: ANNA,
          state_offset: 7,
        }
      : undefined;
  const accept = client.publish(CHANNEL, "accept", {}, { expect: 1, durable: false });
  await expect(accept.settled).rejects.toMatchObject({ by: ANNA, stateOffset: 7 });
});

test("a lost push is noticed at the next one, and read", async () => {
  const seen: (string | undefined)[] = [];
  const { view } = await inConversation({
    events: { entry: (_view, entry) => seen.push(...texts([entry])) },
  });
  server.appendSilently(CHANNEL, ANNA, "message", { text: "lost" });
  server.append(CHANNEL, ANNA, "message", { text: "next" });
  await settle();
  expect(texts(view.entries)).toEqual(["0", "lost", "next"]);
  expect(seen).toEqual(["lost", "next"]);
});

test("what was said while we were away is there after a reconnect, page by page", async () => {
  const { view } = await inConversation();
  server.page = 3;
  server.down = true;
  server.drop();
  for (let n = 1; n <= 10; n += 1) server.append(CHANNEL, ANNA, "message", { text: `${n}` });
  server.down = false;
  await clock.pass(20_000);
  expect(view.live).toBe(true);
  expect(texts(view.entries)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  expect(server.of("history").length).toBeGreaterThan(0);
});

test("a log that lost its tail and grew again replaces ours, and our own words return to it", async () => {
  const { client, view } = await inConversation();
  client.publish(CHANNEL, "message", { text: "in the lost tail" });
  await settle();
  const { key } = server.of("publish")[0] ?? { key: "" };
  server.down = true;
  server.drop();
  log().pop();
  server.append(CHANNEL, ANNA, "message", { text: "instead" });
  server.append(CHANNEL, ANNA, "message", { text: "and more" });
  server.down = false;
  await clock.pass(20_000);
  expect(texts(log())).toEqual(["0", "instead", "and more", "in the lost tail"]);
  expect(log()[3]?.key).toBe(key);
  expect(texts(view.entries)).toEqual(texts(log()));
});

test("a conversation that is gone altogether comes back from its own first message", async () => {
  const { client } = await inConversation();
  server.down = true;
  server.drop();
  server.logs.clear();
  server.down = false;
  await clock.pass(20_000);
  expect(texts(log())).toEqual(["0"]);
  expect(client.outbox(CHANNEL)[0]?.state).toBe("sent");
});

test("what was written meanwhile waits until a conversation that is gone is there again", async () => {
  const { client } = await inConversation();
  server.down = true;
  server.drop();
  server.logs.clear();
  server.meddle = (frame) =>
    frame.type === "publish" && !server.logs.has(frame.channel)
      ? { type: "error", id: frame.id, code: "not_found", message: "" }
      : undefined;
  client.publish(CHANNEL, "message", { text: "meanwhile" });
  client.publish(CHANNEL, "ask_human", {});
  server.down = false;
  await clock.pass(20_000);
  expect(log().map((entry) => entry.kind)).toEqual(["message", "message", "ask_human"]);
  expect(client.outbox(CHANNEL).map((item) => item.state)).toEqual(["sent", "sent", "sent"]);
});

test("who is here is asked for whenever a conversation is live again", async () => {
  const { view } = await inConversation();
  expect(view.available).toBe(true);
  server.available = false;
  server.drop();
  await clock.pass(1000);
  expect(view.live).toBe(true);
  expect(view.available).toBe(false);
});

test("own words of more than ten minutes ago are not sent again", async () => {
  await inConversation();
  await clock.pass(601_000);
  server.down = true;
  server.drop();
  server.logs.set(CHANNEL, []);
  server.append(CHANNEL, ANNA, "message", { text: "another log" });
  server.down = false;
  await clock.pass(30_000);
  expect(texts(log())).toEqual(["another log"]);
});

test("`resync` subscribes again, `forbidden` ends the channel", async () => {
  const { view } = await inConversation();
  server.push({ type: "unsubscribed", channel: CHANNEL, code: "resync" });
  await settle();
  expect(view.live).toBe(true);
  expect(server.of("subscribe").length).toBe(2);
  server.push({ type: "unsubscribed", channel: CHANNEL, code: "forbidden" });
  await settle();
  expect(view.ended).toBe("forbidden");
});

test("history is put in front, page by page, until there is none", async () => {
  for (let n = 1; n <= 120; n += 1) server.append(CHANNEL, ANNA, "message", { text: `${n}` });
  const client = connect();
  const view = client.subscribe(CHANNEL);
  await settle();
  expect([view.entries.length, view.hasOlder]).toEqual([50, true]);
  await client.older(CHANNEL);
  await client.older(CHANNEL);
  await client.older(CHANNEL);
  expect(view.entries.map((entry) => entry.offset)).toEqual(
    Array.from({ length: 120 }, (_, at) => at + 1),
  );
  expect(view.hasOlder).toBe(false);
});

test("answers are looked up, and neither the outbox nor a log knows of it", async () => {
  server.answers = [{ answer: "delivery", title: "How long does delivery take?", score: 0.4 }];
  const { client } = await inConversation();
  const kept = client.outbox(CHANNEL);
  expect(await client.ask("how long", "en")).toEqual(server.answers);
  expect(server.of("ask")).toMatchObject([{ text: "how long", lang: "en" }]);
  expect(client.outbox(CHANNEL)).toEqual(kept);
  expect(texts(log())).toEqual(["0"]);
});

test("what cannot be looked up now is refused, and not asked later", async () => {
  const client = connect();
  await expect(client.ask("too soon")).rejects.toMatchObject({ code: "disconnected" });
  await settle();
  server.meddle = (frame) => (frame.type === "ask" ? "mute" : undefined);
  const cut = expect(client.ask("cut off")).rejects.toMatchObject({ code: "disconnected" });
  server.drop();
  await cut;
  server.meddle = (frame) =>
    frame.type === "ask"
      ? { type: "error", id: frame.id, code: "rate_limited", message: "", retry_after: 1 }
      : undefined;
  await clock.pass(5000);
  await expect(client.ask("too often")).rejects.toMatchObject({ code: "rate_limited" });
  await clock.pass(5000);
  expect(server.of("ask").map((frame) => frame.text)).toEqual(["cut off", "too often"]);
});

test("a read watermark rises only, and is told again after a reconnect", async () => {
  const { client } = await inConversation();
  client.read(CHANNEL, 1);
  client.read(CHANNEL, 1);
  server.drop();
  await clock.pass(5000);
  expect(server.of("read").map((frame) => frame.offset)).toEqual([1, 1]);
});

test("who types is shown for six seconds, and no longer once the message is there", async () => {
  const { view } = await inConversation();
  const typing = {
    type: "signal",
    channel: CHANNEL,
    from: ANNA,
    kind: "typing",
    data: {},
  } as const;
  server.push(typing);
  await clock.pass(5000);
  expect(view.typing).toEqual([ANNA]);
  await clock.pass(1500);
  expect(view.typing).toEqual([]);
  server.push(typing);
  await settle();
  server.append(CHANNEL, ANNA, "message", { text: "done" });
  await settle();
  expect(view.typing).toEqual([]);
});

test("another tab's item is sent by whoever is connected, once", async () => {
  const { client } = await inConversation();
  const other = connect();
  client.publish(CHANNEL, "message", { text: "from one" });
  other.publish(CHANNEL, "message", { text: "from the other" });
  await clock.pass(5000);
  expect(texts(log()).sort()).toEqual(["0", "from one", "from the other"]);
});

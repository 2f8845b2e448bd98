import { beforeEach, expect, test } from "vitest";
import type { Client } from "../protocol/index.ts";
import { MemoryStorage, type Principal } from "../protocol/index.ts";
import { Drafts } from "./drafts.ts";
import { Inbox } from "./inbox.ts";
import { OpenConversation } from "./open.ts";
import { summary } from "./testing/samples.ts";
import { ANNA, connected, ScriptedServer, settle } from "./testing/server.ts";

const visitor: Principal = { kind: "visitor", id: "v" };
const bo: Principal = { kind: "agent", id: "bo", name: "Bo" };

let server: ScriptedServer;
let client: Client;
let open: OpenConversation;
let storage: MemoryStorage;

const api = {
  conversation: async () => summary("c"),
  inbox: async () => {
    throw new Error("not asked");
  },
};

function openAgain(): OpenConversation {
  const inbox = new Inbox(api, ANNA.id);
  return new OpenConversation("c", ANNA, client, api, inbox, new Drafts(storage, ANNA.id));
}

async function start(): Promise<void> {
  storage = new MemoryStorage();
  client = await connected(
    server,
    { change: () => open?.touch(), outbox: () => open?.touch() },
    storage,
  );
  open = openAgain();
  open.start();
  await settle();
}

beforeEach(async () => {
  server = new ScriptedServer();
  server.append("conversation:c", "message", visitor, { text: "Hello" });
  server.append("conversation:c", "ask_human", visitor);
  await start();
});

const expected = () =>
  server.heard.filter((frame) => frame["kind"] === "accept").map((f) => f["expect"]);
const shown = () => open.groups.value.flatMap((group) => group.items.map((item) => item.kind));

test("the state is that of the entries", () => {
  expect(open.summary.value).toMatchObject({ state: "waiting", state_offset: 2 });
  expect(open.mine.value).toBe(false);
});

test("accepting is guarded by the state that was seen", async () => {
  const done = open.act("accept");
  expect(open.busy.value).toBe("accept");
  await settle();
  expect(await done).toBe(true);
  expect(expected()).toEqual([2]);
  expect(open.mine.value).toBe(true);
  expect(open.busy.value).toBeNull();
});

test("who comes second reads who was first", async () => {
  server.refusals.set("accept", { code: "already_taken", message: "", by: bo, state_offset: 3 });
  const done = open.act("accept");
  await settle();
  expect(await done).toBe(false);
  expect(open.problem.value).toBe("Taken by Bo");
  expect(open.mine.value).toBe(false);
});

test("accepting goes on when only the state moved meanwhile", async () => {
  server.refusals.set("accept", { code: "conflict", message: "", state_offset: 5 });
  const done = open.act("accept");
  await settle();
  expect(await done).toBe(true);
  expect(expected()).toEqual([2, 5]);
});

test("closing does not: the agent looks again", async () => {
  server.refusals.set("close", { code: "conflict", message: "", state_offset: 5 });
  const done = open.act("close");
  await settle();
  expect(await done).toBe(false);
  expect(open.problem.value).toContain("changed meanwhile");
});

test("what is typed is kept until it is sent, then by the outbox", async () => {
  open.write("reply", "Good day");
  expect(new Drafts(storage, ANNA.id).get("c", "reply")).toBe("Good day");
  open.send("reply");
  expect(open.text.reply.value).toBe("");
  expect(new Drafts(storage, ANNA.id).get("c", "reply")).toBe("");
  expect(shown()).toEqual(["message", "ask_human", "message"]);
  await settle();
  expect(open.groups.value.at(-1)?.items.at(-1)?.delivery).toBe("sent");
});

test("a refused message keeps its text and can be taken back", async () => {
  server.refusals.set("message", { code: "wrong_state", message: "" });
  open.write("reply", "Too late");
  open.send("reply");
  await settle();
  const failed = open.groups.value.at(-1)?.items.at(-1);
  expect(failed).toMatchObject({ delivery: "failed", error: "wrong_state" });
  open.write("reply", "and more");
  open.edit(failed?.key ?? "", "reply", "Too late");
  expect(open.text.reply.value).toBe("Too late\nand more");
  expect(shown()).toEqual(["message", "ask_human"]);
});

test("a refused message can be sent again with its key", async () => {
  server.refusals.set("message", { code: "forbidden", message: "" });
  open.write("reply", "Hello?");
  open.send("reply");
  await settle();
  open.retry(open.groups.value.at(-1)?.items.at(-1)?.key ?? "");
  await settle();
  const keys = server.heard.filter((frame) => frame["kind"] === "message").map((f) => f["key"]);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
});

test("notes go to the desk, never to the visitor", async () => {
  open.write("note", "Careful");
  open.send("note");
  await settle();
  expect(server.logs.get("desk:c")?.map((each) => each.kind)).toEqual(["note"]);
  expect(server.logs.get("conversation:c")?.map((each) => each.kind)).not.toContain("note");
});

test("a note that was begun is a note when its conversation is opened again", async () => {
  expect(open.mode.value).toBe("reply");
  open.compose("note");
  open.write("note", "Careful, ");
  open.stop();
  open = openAgain();
  expect([open.mode.value, open.text.note.value]).toEqual(["note", "Careful, "]);
});

test("a held conversation is followed on when another is opened", async () => {
  const left = () => server.heard.filter((frame) => frame.type === "unsubscribe");
  open.stop(true);
  expect(client.view("conversation:c")?.live).toBe(true);
  await settle();
  expect(left().map((frame) => frame.channel)).toEqual(["desk:c"]);
});

test("read marks of the visitor show on own messages", async () => {
  open.write("reply", "Seen?");
  open.send("reply");
  await settle();
  server.say({ type: "read", channel: "conversation:c", from: visitor, offset: 3 });
  expect(open.groups.value.at(-1)?.items.at(-1)?.delivery).toBe("read");
});

test("a conversation that was missing is shown as soon as there is news of it", async () => {
  const message = { type: "error", code: "not_found", message: "" } as const;
  server.meddle = (frame) =>
    frame.type === "subscribe" ? { ...message, id: frame.id } : undefined;
  open.stop();
  open = openAgain();
  open.start();
  await settle();
  expect(open.missing.value).toBe(true);
  server.meddle = () => undefined;
  open.found();
  await settle();
  expect(open.missing.value).toBe(false);
  expect(shown()).toEqual(["message", "ask_human"]);
});

test("presence tells whether the visitor is on the page", () => {
  const members = (all: Principal[]) =>
    server.say({ type: "presence", channel: "conversation:c", members: all, available: true });
  members([visitor]);
  expect(open.here.value).toBe(true);
  members([bo]);
  expect(open.here.value).toBe(false);
});

import { beforeEach, expect, test } from "vitest";
import { inTurn } from "./ports.ts";
import { RefusedError, Socket, type SocketOptions, type Status } from "./socket.ts";
import { MemoryServer } from "./testing/server.ts";
import { ManualClock, ManualPage, settle } from "./testing/surroundings.ts";

let server: MemoryServer;
let clock: ManualClock;
let page: ManualPage;
let statuses: (string | undefined)[];

beforeEach(() => {
  server = new MemoryServer();
  clock = new ManualClock();
  page = new ManualPage();
  statuses = [];
});

function start(options: Partial<SocketOptions> = {}): Socket {
  const socket = new Socket({
    url: "ws://test",
    dial: server.dial,
    clock,
    page,
    random: () => 1,
    pauseWhenHidden: true,
    token: () => "t",
    exclusively: inTurn(),
    status: (status: Status, reason?: string) => statuses.push(reason ?? status),
    event: () => {},
    tick: () => {},
    ...options,
  });
  socket.start();
  return socket;
}

const hellos = () => server.of("hello").length;

test("it greets with the token that the provider has now", async () => {
  start();
  await settle();
  expect(server.of("hello")[0]?.token).toBe("t");
  expect(statuses).toEqual(["connecting", "online"]);
});

test("a broken connection is dialled again, later each time, and soon after a success", async () => {
  start();
  await settle();
  server.down = true;
  server.drop();
  await settle();
  expect(statuses.at(-1)).toBe("waiting");
  const dials = () => statuses.filter((status) => status === "connecting").length;
  await clock.pass(499);
  expect(dials()).toBe(1);
  await clock.pass(1);
  expect(dials()).toBe(2);
  await clock.pass(1000);
  expect(dials()).toBe(3);
  server.down = false;
  await clock.pass(2000);
  expect(statuses.at(-1)).toBe("online");
  server.drop();
  await clock.pass(500);
  expect(statuses.at(-1)).toBe("online");
});

test("`closing` says how long to wait", async () => {
  start();
  await settle();
  server.push({ type: "closing", code: 4000, reconnect_after: 7 });
  await settle();
  server.drop(4000);
  await clock.pass(6900);
  expect(hellos()).toBe(1);
  await clock.pass(200);
  expect(hellos()).toBe(2);
});

test.each([
  [4501, "token_invalid"],
  [4502, "token_revoked"],
  [4503, "signed_out"],
  [4504, "origin_not_allowed"],
  [4500, "refused"],
  [1009, "refused"],
])("close code %i is final: %s", async (code, reason) => {
  const socket = start();
  await settle();
  server.drop(code);
  await clock.pass(60_000);
  expect(statuses.at(-1)).toBe(reason);
  expect(hellos()).toBe(1);
  socket.start();
  await settle();
  expect(socket.status).toBe("online");
});

test("who starts anew while being refused is not refused by the end of that connection", async () => {
  server.meddle = (frame) => {
    if (frame.type !== "hello" || frame.token !== "forged") return undefined;
    // The close comes right behind the error.
    queueMicrotask(() => queueMicrotask(() => server.drop(4501)));
    return { type: "error", id: frame.id, code: "token_invalid", message: "" };
  };
  let token = "forged";
  const socket: Socket = start({
    token: () => token,
    status: (status, reason) => {
      statuses.push(reason ?? status);
      if (status !== "refused") return;
      token = "new";
      socket.start();
    },
  });
  await settle();
  expect(statuses).toEqual(["connecting", "token_invalid", "connecting", "online"]);
});

test("an expired token is asked for anew, once", async () => {
  const asked: boolean[] = [];
  server.meddle = (frame) =>
    frame.type === "hello" && frame.token === "old"
      ? { type: "error", id: frame.id, code: "token_expired", message: "" }
      : undefined;
  start({
    token: (expired) => {
      asked.push(expired);
      return expired ? "new" : "old";
    },
  });
  await settle();
  server.drop(4005);
  await clock.pass(1000);
  expect(asked).toEqual([false, true]);
  expect(statuses.at(-1)).toBe("online");
});

test("a provider without a token ends it; one that failed is asked again", async () => {
  let answers: (() => string)[] = [
    () => {
      throw new Error("network");
    },
    () => {
      throw new RefusedError("signed_out");
    },
  ];
  start({
    token: () => {
      const [next, ...rest] = answers;
      answers = rest;
      return next?.() ?? "t";
    },
  });
  await clock.pass(1000);
  expect(statuses.at(-1)).toBe("signed_out");
  expect(answers).toEqual([]);
});

test("a hidden page does not dial again until somebody looks", async () => {
  start();
  await settle();
  page.become({ hidden: true });
  server.drop();
  await clock.pass(60_000);
  expect(statuses.at(-1)).toBe("paused");
  expect(hellos()).toBe(1);
  page.become({ hidden: false });
  await settle();
  expect(statuses.at(-1)).toBe("online");
});

test("the console dials again, hidden or not", async () => {
  start({ pauseWhenHidden: false });
  await settle();
  page.become({ hidden: true });
  server.drop();
  await clock.pass(1000);
  expect(statuses.at(-1)).toBe("online");
});

test("without a network it tries seldom, and at once when the network is back", async () => {
  start();
  await settle();
  page.become({ online: false });
  server.down = true;
  server.drop();
  await clock.pass(19_000);
  expect(statuses.filter((status) => status === "connecting").length).toBe(1);
  server.down = false;
  page.become({ online: true });
  await settle();
  expect(statuses.at(-1)).toBe("online");
});

test("a socket from before the network was lost is replaced", async () => {
  start();
  await settle();
  page.become({ online: false });
  page.become({ online: true });
  await clock.pass(10);
  expect(hellos()).toBe(2);
  expect(server.connected).toBe(1);
});

test("a server that says nothing is given up after two heartbeats", async () => {
  start();
  await settle();
  await clock.pass(59_000);
  expect(hellos()).toBe(1);
  expect(server.of("pong").length).toBe(1);
  await clock.pass(3000);
  expect(hellos()).toBe(2);
});

test("a greeting that is not answered is given up", async () => {
  server.meddle = (frame) => (frame.type === "hello" ? "mute" : undefined);
  start();
  await clock.pass(11_000);
  expect(hellos()).toBe(1);
  await clock.pass(2000);
  expect(hellos()).toBe(2);
});

test("no two of a browser's tabs greet at once", async () => {
  const exclusively = inTurn();
  server.meddle = (frame) => (frame.type === "hello" ? "mute" : undefined);
  start({ exclusively });
  start({ exclusively });
  await settle();
  expect(hellos()).toBe(1);
});

test("stopped, it stays so", async () => {
  const socket = start();
  await settle();
  socket.stop();
  await clock.pass(60_000);
  expect(server.connected).toBe(0);
  expect(hellos()).toBe(1);
});

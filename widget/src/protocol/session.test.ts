import { beforeEach, expect, test } from "vitest";
import type { Welcome } from "./messages.ts";
import { ClientSession } from "./session.ts";
import { ANNA, CHANNEL } from "./testing/server.ts";

const WELCOME: Welcome = {
  type: "welcome",
  id: 1,
  session: "s",
  principal: ANNA,
  heartbeat: 10,
  limits: {} as Welcome["limits"],
};

let session: ClientSession;
beforeEach(() => {
  session = new ClientSession(0);
});

function live(): ClientSession {
  session.hello("t", 0);
  session.receive(WELCOME, 0);
  return session;
}

test("hello comes first, and once", () => {
  expect(() => session.request({ type: "ask", text: "x" }, 0)).toThrow("in state new");
  expect(session.hello("t", 0)).toEqual({ type: "hello", id: 1, token: "t" });
  expect(() => session.hello("t", 0)).toThrow("in state greeting");
  expect(() => session.request({ type: "ask", text: "x" }, 0)).toThrow("in state greeting");
});

test("each request has an id of its own and gets exactly the reply that fits it", () => {
  live();
  const first = session.request({ type: "presence", channel: CHANNEL }, 0);
  const second = session.request({ type: "unsubscribe", channel: CHANNEL }, 0);
  expect(first.id).not.toBe(second.id);
  const reply = { type: "unsubscribed", id: second.id, channel: CHANNEL } as const;
  expect(session.receive(reply, 0)).toEqual({ kind: "reply", id: second.id, reply });
  expect(session.receive(reply, 0).kind).toBe("violation");
  expect(session.receive({ ...reply, id: first.id }, 0).kind).toBe("violation");
});

test("an error settles its request; without an id it is a push", () => {
  live();
  const { id } = session.request({ type: "ask", text: "x" }, 0);
  const error = { type: "error", code: "unavailable", message: "" } as const;
  expect(session.receive({ ...error, id }, 0).kind).toBe("error");
  expect(session.receive({ ...error, id }, 0).kind).toBe("push");
  expect(session.receive(error, 0).kind).toBe("push");
});

test("what is wrong with a hello is wrong with its token, unless it passes", () => {
  const { id } = session.hello("", 0) as { id: number };
  const error = { type: "error", id, message: "" } as const;
  expect(session.receive({ ...error, code: "unavailable" }, 0).kind).toBe("error");
  session = new ClientSession(0);
  session.hello("", 0);
  expect(session.receive({ ...error, code: "bad_field" }, 0)).toEqual({
    kind: "refused",
    code: "bad_field",
  });
});

test.each(["token_invalid", "token_revoked", "token_expired", "origin_not_allowed"])(
  "%s refuses the session",
  (code) => {
    const { id } = session.hello("t", 0) as { id: number };
    const event = session.receive({ type: "error", id, code, message: "" }, 0);
    expect(event).toEqual({ kind: "refused", code });
    expect(session.state).toBe("refused");
  },
);

test("silence asks for a pong after one heartbeat and means death after two", () => {
  live();
  expect(session.due(9_999)).toBe("nothing");
  expect(session.due(10_000)).toBe("pong");
  session.said(10_000);
  expect(session.due(19_999)).toBe("nothing");
  expect(session.due(20_000)).toBe("dead");
});

test("any frame counts as a sign of life, and ping asks for pong", () => {
  live();
  expect(session.receive({ type: "ping" }, 15_000)).toEqual({ kind: "pong" });
  expect(session.due(34_999)).toBe("pong");
  expect(session.due(35_000)).toBe("dead");
});

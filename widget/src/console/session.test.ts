// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { RefusedError } from "../protocol/index.ts";
import { ApiError, type SessionReply } from "./api.ts";
import { explain, linkFromAddress, Session } from "./session.ts";
import { ANNA } from "./testing/server.ts";

let serial: number;
let answer: () => SessionReply;
let asked: unknown[];

const api = {
  async signIn(credentials: unknown) {
    asked.push(credentials);
    return answer();
  },
  async session() {
    asked.push("session");
    return answer();
  },
  async signOut() {},
};
const refuse = (status: number, code: string, retryAfter?: number) => () => {
  throw new ApiError(status, code, "", retryAfter);
};

beforeEach(() => {
  serial = 0;
  asked = [];
  answer = () => {
    serial += 1;
    return { agent: ANNA, token: `t${serial}`, token_expires_in: 300 };
  };
});

test("a cookie of an earlier time is enough", async () => {
  const session = new Session(api);
  await session.start(null);
  expect(session.presence.value).toBe("in");
  expect(session.agent.value?.name).toBe("Anna");
});

test("without one there is the sign-in page, and nothing to explain", async () => {
  answer = refuse(401, "signed_out");
  const session = new Session(api);
  await session.start(null);
  expect([session.presence.value, session.notice.value]).toEqual(["out", ""]);
});

test("a used link is explained", async () => {
  answer = refuse(401, "bad_credentials");
  const session = new Session(api);
  await session.start("old");
  expect(asked).toEqual([{ link: "old" }, "session"]);
  expect(session.presence.value).toBe("out");
  expect(session.notice.value).toContain("used already");
});

test("each socket token is used once, later ones are fresh", async () => {
  const session = new Session(api, () => 0);
  await session.signIn("a", "b");
  expect(await session.socketToken()).toBe("t1");
  expect(await session.socketToken()).toBe("t2");
});

test("a token that has grown old is not used", async () => {
  let now = 0;
  const session = new Session(api, () => now);
  await session.signIn("a", "b");
  now = 300_000;
  expect(await session.socketToken()).toBe("t2");
});

test("a session that ended keeps the agent, so that the desk stays", async () => {
  const session = new Session(api);
  await session.start(null);
  answer = refuse(401, "signed_out");
  await session.socketToken();
  await expect(session.socketToken()).rejects.toThrow(RefusedError);
  session.end();
  expect([session.presence.value, session.agent.value?.id]).toEqual(["ended", "anna"]);
});

test("when another tab signed somebody else in, nobody speaks in their name", async () => {
  const session = new Session(api);
  await session.start(null);
  answer = () => ({ agent: { ...ANNA, id: "bo" }, token: "t2", token_expires_in: 300 });
  await session.socketToken();
  await expect(session.socketToken()).rejects.toThrow(RefusedError);
  session.end();
  expect([session.presence.value, session.agent.value?.id]).toEqual(["ended", "anna"]);
});

test("signing out forgets the agent", async () => {
  const session = new Session(api);
  await session.start(null);
  await session.signOut();
  expect([session.presence.value, session.agent.value]).toEqual(["out", null]);
});

test("refusals are explained, with the time to wait", () => {
  expect(explain(new ApiError(401, "bad_credentials", ""))).toContain("wrong");
  expect(explain(new ApiError(429, "rate_limited", "", 30))).toContain("30 seconds");
  expect(explain(new ApiError(429, "rate_limited", "", 600))).toContain("10 minutes");
  expect(explain(new ApiError(0, "unreachable", ""))).toContain("does not answer");
});

test("the link leaves the address at once", () => {
  location.hash = "#link=abc%2Fd";
  expect(linkFromAddress()).toBe("abc/d");
  expect(location.hash).toBe("");
  expect(linkFromAddress()).toBeNull();
});

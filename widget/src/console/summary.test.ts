import { expect, test } from "vitest";
import { belongs, fold, inOrder, newer, shortPage, visitorName } from "./summary.ts";
import { entry, summary } from "./testing/samples.ts";

const agent = { kind: "agent" as const, id: "anna", name: "Anna" };

test("a visitor is called by name, else by e-mail, else by a code that stays", () => {
  expect(visitorName({ id: "x", name: "Vera", email: "v@x.example" })).toBe("Vera");
  expect(visitorName({ id: "x", email: "v@x.example" })).toBe("v@x.example");
  expect(visitorName({ id: "x" })).toMatch(/^Visitor [0-9A-F]{4}$/);
  expect(visitorName({ id: "x" })).toBe(visitorName({ id: "x" }));
});

test("each state has its tabs", () => {
  const mine = summary("a", { state: "with_agent", agent });
  expect(
    ["waiting", "mine", "open", "closed"].map((tab) => belongs(mine, tab as "mine", "anna")),
  ).toEqual([false, true, true, false]);
  expect(belongs(mine, "mine", "bo")).toBe(false);
  expect(belongs(summary("b", { state: "closed", agent }), "mine", "anna")).toBe(false);
});

test("who waited longest comes first, elsewhere what happened last", () => {
  const early = summary("a", { state: "waiting", waiting_since: 10, updated_at: 99 });
  const late = summary("b", { state: "waiting", waiting_since: 20, updated_at: 50 });
  expect([late, early].sort(inOrder("waiting"))).toEqual([early, late]);
  expect([late, early].sort(inOrder("open"))).toEqual([early, late]);
});

test("experts come first among those who wait, and nowhere else", () => {
  const waits = (id: string, since: number, expert = false) =>
    summary(id, { state: "waiting", waiting_since: since, updated_at: since, expert });
  const all = [waits("a", 10), waits("b", 40, true), waits("c", 20), waits("d", 30, true)];
  const ids = (tab: "waiting" | "open") => [...all].sort(inOrder(tab)).map(({ id }) => id);
  expect(ids("waiting")).toEqual(["d", "b", "a", "c"]);
  expect(ids("open")).toEqual(["b", "d", "c", "a"]);
});

test("an older summary never replaces a newer one", () => {
  const old = summary("a", { state_offset: 1, offset: 5 });
  const next = summary("a", { state_offset: 4, offset: 4, state: "waiting" });
  expect(newer(old, next)).toBe(next);
  expect(newer(next, old)).toBe(next);
  expect(newer(summary("a", { offset: 5 }), summary("a", { offset: 3 })).offset).toBe(5);
});

test("entries tell the state before the inbox does", () => {
  const base = summary("a");
  const asked = fold(base, [entry(1, "message"), entry(2, "ask_human")]);
  expect(asked).toMatchObject({ state: "waiting", state_offset: 2, waiting_since: 2000 });
  const taken = fold(asked, [entry(3, "accept", { from: agent })]);
  expect(taken).toMatchObject({ state: "with_agent", state_offset: 3, agent: { id: "anna" } });
  expect(taken.waiting_since).toBeUndefined();
  const closed = fold(taken, [entry(4, "close", { from: agent }), entry(5, "reopen")]);
  expect(closed).toMatchObject({ state: "with_agent", state_offset: 5 });
});

test("entries from before the summary change nothing", () => {
  const base = summary("a", { state: "closed", state_offset: 9, offset: 9 });
  expect(fold(base, [entry(2, "ask_human"), entry(3, "accept", { from: agent })])).toEqual(base);
});

test("whoever is passed on as an expert is one; who says so of themselves is not", () => {
  const data = { expert: { score: 1, reasons: ["the page says so"] } };
  const bot = { kind: "app" as const, id: "responder" };
  expect(fold(summary("a"), [entry(2, "ask_human", { from: bot, data })]).expert).toBe(true);
  expect(fold(summary("a"), [entry(2, "ask_human", { data })]).expert).toBeUndefined();
});

test("asking for a person twice changes the state once", () => {
  const state = fold(summary("a"), [entry(2, "ask_human"), entry(3, "ask_human")]);
  expect(state.state_offset).toBe(2);
});

test("a visitor's name and page come from what they sent", () => {
  const page = { url: "https://shop.example/returns" };
  const known = fold(summary("a"), [
    entry(2, "contact", { data: { email: "v@x.example" } }),
    entry(3, "message", { data: { text: "x", page } }),
  ]);
  expect(known.visitor.email).toBe("v@x.example");
  expect(known.page).toEqual(page);
});

test("a page is shown as host and path", () => {
  expect(shortPage("https://shop.example/")).toBe("shop.example");
  expect(shortPage("https://shop.example/a%20b?q=1#c")).toBe("shop.example/a b");
  expect(shortPage("nonsense")).toBe("nonsense");
});

import { beforeEach, expect, test } from "vitest";
import type { InboxPage } from "./api.ts";
import { Inbox } from "./inbox.ts";
import type { Summary, Tab } from "./summary.ts";
import { entry, summary } from "./testing/samples.ts";

const agent = { id: "anna", name: "Anna" };
const NONE = { waiting: 0, mine: 0, open: 0, closed: 0 };

let asked: string[];
let pages: Map<string, Partial<InboxPage>>;
let alarms: (() => void)[];
let changes: [Summary | undefined, Summary][];
let inbox: Inbox;

const api = {
  async inbox(tab: Tab, cursor?: string): Promise<InboxPage> {
    const name = cursor ? `${tab} ${cursor}` : tab;
    asked.push(name);
    const page = pages.get(name);
    if (!page) throw new Error("no answer");
    return { conversations: [], position: { offset: 7, id: "e7" }, counts: NONE, ...page };
  },
};

beforeEach(() => {
  asked = [];
  alarms = [];
  changes = [];
  pages = new Map(["waiting", "mine", "open", "closed"].map((tab) => [tab, {}]));
  inbox = new Inbox(
    api,
    "anna",
    (before, now) => changes.push([before, now]),
    (_ms, call) => {
      alarms.push(call);
      return () => {};
    },
  );
});

const waiting = (id: string, since: number, more: Partial<Summary> = {}) =>
  summary(id, { state: "waiting", state_offset: 2, offset: 2, waiting_since: since, ...more });
const fed = (...summaries: Summary[]) =>
  inbox.apply(summaries.map((each, i) => entry(i + 8, "conversation", { data: { ...each } })));
const ids = (tab: Tab) => inbox.list(tab).map((each) => each.id);

test("the lists are read once and give the feed's position", async () => {
  pages.set("waiting", { conversations: [waiting("b", 20), waiting("a", 10)] });
  expect(await inbox.load()).toEqual({ offset: 7, id: "e7" });
  expect(asked).toEqual(["waiting", "mine"]);
  expect(ids("waiting")).toEqual(["a", "b"]);
  expect(changes).toEqual([]);
});

test("a conversation moves from tab to tab as the feed tells", async () => {
  await inbox.load();
  fed(waiting("a", 10));
  expect([ids("waiting"), ids("mine"), ids("open")]).toEqual([["a"], [], ["a"]]);
  expect(inbox.counts.value).toEqual({ waiting: 1, mine: 0, open: 1, closed: 0 });
  fed(summary("a", { state: "with_agent", agent, state_offset: 3, offset: 3 }));
  expect([ids("waiting"), ids("mine"), ids("open")]).toEqual([[], ["a"], ["a"]]);
  fed(summary("a", { state: "closed", agent, state_offset: 4, offset: 4 }));
  expect([ids("mine"), ids("open"), ids("closed")]).toEqual([[], [], ["a"]]);
  expect(inbox.counts.value).toEqual({ waiting: 0, mine: 0, open: 0, closed: 1 });
});

test("what the feed tells twice or too late changes nothing", async () => {
  await inbox.load();
  fed(waiting("a", 10));
  fed(waiting("a", 10), summary("a"));
  expect(ids("waiting")).toEqual(["a"]);
  expect(inbox.counts.value.waiting).toBe(1);
});

test("a list that comes after the feed does not take news back", async () => {
  fed(summary("a", { state: "with_agent", agent, state_offset: 3, offset: 3 }));
  pages.set("waiting", { conversations: [waiting("a", 10)] });
  await inbox.load();
  expect([ids("waiting"), ids("mine")]).toEqual([[], ["a"]]);
});

test("unknown conversations have the counts asked for again, once", async () => {
  await inbox.load();
  fed(waiting("a", 10));
  fed(waiting("b", 20));
  expect(alarms).toHaveLength(1);
  pages.set("waiting", { counts: { waiting: 5, mine: 1, open: 9, closed: 30 } });
  alarms[0]?.();
  await Promise.resolve();
  await Promise.resolve();
  expect(inbox.counts.value.waiting).toBe(5);
});

test("the counts are asked for again when a conversation moved, and not when one was said more", async () => {
  pages.set("waiting", { conversations: [waiting("a", 10)] });
  await inbox.load();
  fed(waiting("a", 10, { offset: 3, preview: "More" }));
  expect(alarms).toHaveLength(0);
  fed(summary("a", { state: "closed", state_offset: 4, offset: 4 }));
  expect(alarms).toHaveLength(1);
});

test("pages follow each other until there is no more", async () => {
  pages.set("closed", { conversations: [summary("a", { state: "closed" })], cursor: "c1" });
  pages.set("closed c1", { conversations: [summary("b", { state: "closed", updated_at: 5 })] });
  await inbox.show("closed");
  await inbox.show("closed");
  await inbox.more("closed");
  await inbox.more("closed");
  expect(asked).toEqual(["closed", "closed c1"]);
  expect(ids("closed")).toEqual(["a", "b"]);
});

test("after a lost feed what left a list is gone, and news of meanwhile stays", async () => {
  pages.set("waiting", { conversations: [waiting("a", 10), waiting("b", 20)] });
  await inbox.load();
  pages.set("waiting", { conversations: [waiting("b", 20)] });
  const again = inbox.reload();
  fed(waiting("c", 30));
  await again;
  expect(ids("waiting")).toEqual(["b", "c"]);
});

test("a list that failed says so and can be read again", async () => {
  pages.delete("open");
  await expect(inbox.show("open")).rejects.toThrow("no answer");
  expect(inbox.lists.value.open.status).toBe("failed");
  pages.set("open", { conversations: [summary("a")] });
  await inbox.show("open");
  expect(ids("open")).toEqual(["a"]);
});

test("news are told with what was known before", async () => {
  await inbox.load();
  fed(summary("a"));
  fed(waiting("a", 10));
  expect(changes.map(([before, now]) => [before?.state, now.state])).toEqual([
    [undefined, "self_service"],
    ["self_service", "waiting"],
  ]);
});

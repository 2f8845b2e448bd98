/** The inbox: lists read over HTTP once, then kept up by the feed. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Client, Entry, Position } from "../protocol/index.ts";
import type { Api, Counts, InboxPage } from "./api.ts";
import { belongs, inOrder, isMine, newer, type Summary, TABS, type Tab } from "./summary.ts";

export const INBOX = "inbox:default";

/** Entries of the feed that are kept; the lists hold what they said. */
const KEEP = 50;
/** Counts are asked for again so long after the feed moved conversations between the lists. */
const RECOUNT_MS = 5000;

interface List {
  readonly status: "none" | "loading" | "ready" | "failed";
  readonly cursor: string | undefined;
}

const UNREAD: List = { status: "none", cursor: undefined };
const ZERO: Counts = { waiting: 0, mine: 0, open: 0, closed: 0 };

/** What changed for the better or worse: heard by sound and notifications. */
export type Changed = (before: Summary | undefined, now: Summary) => void;

export class Inbox {
  readonly summaries = signal<ReadonlyMap<string, Summary>>(new Map());
  readonly counts = signal<Counts>(ZERO);
  readonly lists = signal<Readonly<Record<Tab, List>>>({
    waiting: UNREAD,
    mine: UNREAD,
    open: UNREAD,
    closed: UNREAD,
  });
  private readonly sorted: Record<Tab, ReadonlySignal<readonly Summary[]>>;
  private recount: (() => void) | undefined;

  constructor(
    private readonly api: Pick<Api, "inbox">,
    private readonly me: string,
    private readonly changed: Changed = () => {},
    private readonly after: (ms: number, call: () => void) => () => void = (ms, call) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
  ) {
    const list = (tab: Tab) =>
      computed(() => {
        const all = [...this.summaries.value.values()];
        return all.filter((each) => belongs(each, tab, me)).sort(inOrder(tab));
      });
    this.sorted = {
      waiting: list("waiting"),
      mine: list("mine"),
      open: list("open"),
      closed: list("closed"),
    };
  }

  /** The conversations of a tab, in order. */
  list(tab: Tab): readonly Summary[] {
    return this.sorted[tab].value;
  }

  get(id: string): Summary | undefined {
    return this.summaries.value.get(id);
  }

  /** Read the lists that are always needed; returns where the feed goes on from. */
  async load(): Promise<Position> {
    const [first] = await Promise.all([this.page("waiting"), this.page("mine")]);
    return first.position;
  }

  /** Read a tab's first page, unless it was. */
  async show(tab: Tab): Promise<void> {
    const { status } = this.lists.value[tab];
    if (status === "none" || status === "failed") await this.page(tab);
  }

  /** Read the next page of a tab, if there is one. */
  async more(tab: Tab): Promise<void> {
    const { status, cursor } = this.lists.value[tab];
    if (status === "ready" && cursor) await this.page(tab, cursor);
  }

  /** The feed lost its thread: read again what is shown, and forget the rest. */
  async reload(): Promise<void> {
    const before = this.summaries.value;
    const shown = TABS.filter((tab) => this.lists.value[tab].status !== "none");
    const pages = await Promise.all(shown.map((tab) => this.page(tab)));
    const listed = new Set(pages.flatMap((page) => page.conversations.map((each) => each.id)));
    // What the feed told meanwhile is newer than any list.
    const kept = [...this.summaries.value].filter(
      ([id, each]) => listed.has(id) || before.get(id) !== each,
    );
    this.summaries.value = new Map(kept);
  }

  follow(client: Client, from: Position): void {
    client.subscribe(INBOX, { after: from, keep: KEEP });
  }

  /** Take in entries of the feed. */
  apply(entries: readonly Entry[]): void {
    this.take(
      entries
        .filter((entry) => entry.kind === "conversation")
        .map((entry) => entry.data as unknown as Summary),
      true,
    );
  }

  /** A summary that came by another way: its own request, or folded from entries. */
  learn(summary: Summary): void {
    this.take([summary], true);
  }

  private async page(tab: Tab, cursor?: string): Promise<InboxPage> {
    this.mark(tab, { status: "loading", cursor });
    try {
      const page = await this.api.inbox(tab, cursor);
      this.take(page.conversations, false);
      this.counts.value = page.counts;
      this.mark(tab, { status: "ready", cursor: page.cursor });
      return page;
    } catch (error) {
      this.mark(tab, { status: "failed", cursor });
      throw error;
    }
  }

  private mark(tab: Tab, list: List): void {
    this.lists.value = { ...this.lists.value, [tab]: list };
  }

  private take(summaries: readonly Summary[], live: boolean): void {
    if (summaries.length === 0) return;
    const all = new Map(this.summaries.value);
    for (const next of summaries) {
      const known = all.get(next.id);
      const best = newer(known, next);
      if (best === known) continue;
      all.set(next.id, best);
      if (!live) continue;
      this.count(known, best);
      this.changed(known, best);
    }
    this.summaries.value = all;
  }

  private count(before: Summary | undefined, now: Summary): void {
    const counts = { ...this.counts.value };
    let moved = false;
    for (const tab of TABS) {
      const was = before !== undefined && belongs(before, tab, this.me);
      const is = belongs(now, tab, this.me);
      if (is === was) continue;
      counts[tab] = Math.max(0, counts[tab] + (is ? 1 : -1));
      moved = true;
    }
    if (!moved) return;
    this.counts.value = counts;
    // The counts that the server gave may have held this change already: ask again, soon.
    if (this.recount) return;
    this.recount = this.after(RECOUNT_MS, () => {
      this.recount = undefined;
      this.api.inbox("waiting", undefined, 1).then(
        (page) => {
          this.counts.value = page.counts;
        },
        () => {
          // The next one that moves asks again.
        },
      );
    });
  }

  /** For the page title: how many want something from me. */
  waitingCount(): number {
    return this.counts.value.waiting;
  }

  mine(): readonly Summary[] {
    return [...this.summaries.value.values()].filter((each) => isMine(each, this.me));
  }
}

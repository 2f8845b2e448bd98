/** Everything of a signed-in agent: one connection, the inbox, the open conversation. */

import { computed, effect, signal, untracked } from "@preact/signals";
import {
  browserDial,
  type Change,
  type ChannelView,
  Client,
  type Entry,
  inTurn,
  type Position,
  type Status,
  type StoragePort,
  systemClock,
} from "../protocol/index.ts";
import { browserPage, overTabs } from "../ui/browser.ts";
import type { Alerts } from "./alerts.ts";
import type { Agent, AnswerSource, Api } from "./api.ts";
import { Drafts } from "./drafts.ts";
import { Held } from "./held.ts";
import { INBOX, Inbox } from "./inbox.ts";
import { OpenConversation } from "./open.ts";
import { fromReply, questionBefore } from "./proposal.ts";
import { Replies } from "./replies.ts";
import { go, route, selected } from "./route.ts";
import { Seen } from "./seen.ts";
import type { Session } from "./session.ts";
import { text as textIn } from "./source.ts";
import { isMine, type Summary, visitorName } from "./summary.ts";
import { t } from "./texts.ts";
import type { Item } from "./timeline.ts";
import { type Origin, UnsavedAnswers } from "./unsaved.ts";

const RETRY_MS = 3000;

export interface Surroundings {
  readonly api: Api;
  readonly session: Session;
  readonly alerts: Alerts;
  readonly storage: StoragePort;
  readonly announce: (text: string) => void;
}

function socketUrl(): string {
  const url = new URL("/v1/socket", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

export class Desk {
  readonly inbox: Inbox;
  readonly drafts: Drafts;
  readonly seen: Seen;
  readonly status = signal<Status>("idle");
  readonly online = signal(navigator.onLine);
  readonly open = signal<OpenConversation | null>(null);
  readonly replies: Replies;
  /** Answers that were begun and are not saved. */
  readonly unsaved: UnsavedAnswers;
  private readonly client: Client;
  private readonly held: Held;
  private readonly undo: (() => void)[] = [];
  /** Where the feed began: an empty one may begin anew without having lost anything. */
  private from: Position | undefined;

  constructor(
    readonly agent: Agent,
    private readonly around: Surroundings,
  ) {
    const { api, session, storage } = around;
    this.inbox = new Inbox(api, agent.id, (before, now) => this.inboxChanged(before, now));
    this.drafts = new Drafts(storage, agent.id);
    this.seen = new Seen(storage, agent.id);
    this.replies = new Replies(api);
    this.unsaved = new UnsavedAnswers(storage, agent.id);
    this.client = new Client({
      url: socketUrl(),
      token: () => session.socketToken(),
      name: `straks:console:${agent.id}`,
      storage,
      dial: browserDial,
      clock: systemClock,
      page: browserPage,
      exclusively: overTabs(inTurn()),
      pauseWhenHidden: false,
      events: {
        status: (status) => this.statusChanged(status),
        change: (view, what) => this.viewChanged(view, what),
        entry: (view, entry) => this.entered(view, entry),
        outbox: () => this.open.value?.touch(),
      },
    });
    this.held = new Held(this.client);
  }

  /** Unread conversations of mine and those that wait: the number in the title. */
  readonly wanting = computed(() => {
    const unread = this.inbox.mine().filter((each) => this.isUnread(each)).length;
    return this.inbox.waitingCount() + unread;
  });

  start(): void {
    this.client.start();
    void this.loadInbox();
    this.undo.push(
      effect(() => {
        const id = selected.value;
        untracked(() => this.select(id));
      }),
      effect(() => {
        const mine = this.inbox.mine().map((each) => each.id);
        untracked(() => this.held.keep(mine, this.open.value?.id));
      }),
      effect(() => {
        this.open.value?.lastOffset.value;
        untracked(() => this.look());
      }),
      effect(() => {
        const { tab } = route.value;
        untracked(() => void this.inbox.show(tab).catch(() => undefined));
      }),
      effect(() => {
        const lang = this.open.value?.summary.value?.lang;
        untracked(() => this.replies.show(lang));
      }),
      browserPage.watch(() => {
        this.online.value = navigator.onLine;
        this.look();
      }),
    );
  }

  /** Signed in again: go on where the connection stopped. */
  resume(): void {
    this.client.start();
    if (!this.from) void this.loadInbox();
  }

  stop(): void {
    for (const call of this.undo) call();
    this.open.value?.stop();
    this.open.value = null;
    this.client.stop();
  }

  isUnread(summary: Summary): boolean {
    return isMine(summary, this.agent.id) && this.seen.unread(summary.id, summary.offset);
  }

  /** Accept the open conversation, and follow it to where it then is. */
  async accept(): Promise<void> {
    const open = this.open.value;
    if (!open || !(await open.act("accept")) || this.open.value !== open) return;
    if (route.value.tab !== "open") go({ tab: "mine" });
    if (open.mode.value === "reply") open.compose("reply");
  }

  /** Begin an answer that says what was replied here, and go there. */
  makeAnswer(item: Item): void {
    const open = this.open.value;
    const reply = item.data["text"];
    if (!open || typeof reply !== "string") return;
    const question = questionBefore(open.view.value?.entries ?? [], item.offset);
    const source = fromReply(question, reply, open.summary.value?.lang);
    const from = { conversation: open.id, offset: item.offset };
    go({ page: "answers", answer: this.unsaved.begin({ source, from }) });
  }

  /** An answer was saved; where it comes from a reply, that conversation's agents read so. */
  answerSaved({ file, source }: AnswerSource, from: Origin | undefined): void {
    this.replies.renew();
    if (!from) return;
    const text = t.madeAnswer(textIn(source, "title") ?? file, file);
    this.client.publish(`desk:${from.conversation}`, "note", { text });
  }

  private async loadInbox(): Promise<void> {
    try {
      this.from = await this.inbox.load();
      this.inbox.follow(this.client, this.from);
    } catch {
      if (this.around.session.presence.value !== "in") return;
      systemClock.after(RETRY_MS, () => void this.loadInbox());
    }
  }

  private select(id: string | null): void {
    const before = this.open.peek();
    if (before?.id === id) return;
    before?.stop(this.held.has(before.id));
    const next = id ? this.opened(id) : null;
    next?.start();
    this.open.value = next;
  }

  private opened(id: string): OpenConversation {
    const { api } = this.around;
    return new OpenConversation(id, this.agent, this.client, api, this.inbox, this.drafts);
  }

  /** What is on the screen and looked at counts as read. */
  private look(): void {
    const open = this.open.value;
    const offset = open?.lastOffset.value ?? 0;
    if (!open || offset === 0 || browserPage.hidden()) return;
    open.read();
    this.seen.up(open.id, offset);
  }

  private statusChanged(status: Status): void {
    this.status.value = status;
    if (status === "refused") this.around.session.end();
  }

  private viewChanged(view: ChannelView, what: Change): void {
    if (view.channel === INBOX) {
      if (what === "replaced") this.inboxReplaced(view);
      return;
    }
    const open = this.open.value;
    if (!open || (view.channel !== open.channel && view.channel !== open.deskChannel)) return;
    open.touch();
  }

  private inboxReplaced(view: ChannelView): void {
    const began = this.from?.offset === 0;
    this.from = view.position;
    this.inbox.apply(view.entries);
    if (began && !view.hasOlder) return;
    const again = () =>
      this.inbox.reload().catch(() => {
        if (this.around.session.presence.value === "in") systemClock.after(RETRY_MS, again);
      });
    void again();
  }

  private entered(view: ChannelView, entry: Entry): void {
    if (view.channel === INBOX) {
      this.inbox.apply([entry]);
      return;
    }
    const open = this.open.value;
    if (view.channel !== open?.channel || entry.kind !== "message") return;
    if (entry.from.kind !== "visitor") return;
    const text = String(entry.data["text"] ?? "");
    this.around.announce(t.said(open.visitor.value, text));
    if (browserPage.hidden() && open.mine.value) {
      this.raise(open.id, t.newMessageFrom(open.visitor.value), text);
    }
  }

  private inboxChanged(before: Summary | undefined, now: Summary): void {
    const name = visitorName(now.visitor);
    if (this.open.value?.id === now.id) this.open.value.found();
    if (now.state === "waiting" && before?.state !== "waiting") {
      this.around.announce(t.waitingTitle(name));
      this.raise(now.id, t.waitingTitle(name), now.preview);
      return;
    }
    const elsewhere = this.open.value?.id !== now.id;
    const said = before !== undefined && before.preview !== now.preview;
    if (said && elsewhere && this.isUnread(now)) {
      this.raise(now.id, t.newMessageFrom(name), now.preview);
    }
  }

  private raise(id: string, title: string, text: string): void {
    this.around.alerts.raise(id, title, text, () => go({ conversation: id }));
  }
}

/** The widget's state: what is shown follows from it, and every deed goes through it. */

import {
  type Answer,
  browserDial,
  type ChannelView,
  Client,
  type Data,
  inTurn,
  isPending,
  type OutboxItem,
  pendingChannel,
  type RequestError,
  type Status,
  systemClock,
} from "../protocol/index.ts";
import { browserPage, browserStorage, overTabs } from "../ui/browser.ts";
import { derive } from "./derived.ts";
import { fold } from "./fold.ts";
import { pageHere } from "./here.ts";
import { readIdentity, type Told } from "./identity.ts";
import { fillingIn, keeper } from "./kept.ts";
import { readAnswers } from "./read.ts";
import type { Language } from "./shell.ts";
import { batch, computed, effect, signal } from "./signals.ts";
import { fetchSite, type Site } from "./site.ts";
import type { Actions, State, Store } from "./state.ts";
import { suggest } from "./suggestions.ts";

const BANNER_AFTER_MS = 2000;
const SITE_EVERY_MS = 10_000;
const MAX_REOPENS = 3;
/** Kinds that mean something in one conversation only. */
const OF_ONE = ["reopen", "feedback", "step", "details"];

export interface StoreOptions {
  readonly base: string;
  readonly prefix: string;
  readonly lang: Language;
}

export function createStore({ base, prefix, lang }: StoreOptions): Store {
  const storage = browserStorage();
  const own = keeper(storage, prefix);
  const { name, get: kept, set: keep } = own;

  const opened = signal(false);
  const looking = signal(!document.hidden);
  const site = signal<Site | undefined>(undefined);
  const refusal = signal<string | undefined>(undefined);
  const connected = signal(false);
  const apart = signal(false);
  const online = signal(navigator.onLine);
  const channel = signal(kept("conversation"));
  const view = signal<ChannelView | undefined>(undefined);
  const outbox = signal<readonly OutboxItem[]>([]);
  const draft = signal(kept("draft") ?? "");
  const seen = signal(Number(kept("seen") ?? 0));
  const leaving = signal(false);
  const suggestions = signal<readonly Answer[]>([]);
  /** What the page says of the visitor. */
  const told = signal<Told>({});

  const given = { channel, view, outbox, seen, leaving, told };
  const { entries, folded, rows, logged, facts, typists, unread, asked, alone } = derive(given);
  const available = computed(() => view.value?.available ?? site.value?.available);

  const state = computed<State>(() => ({
    opened: opened.value,
    site: site.value,
    refusal: refusal.value,
    apart: apart.value,
    online: online.value,
    started: channel.value !== undefined,
    conversation: folded.value,
    rows: rows.value,
    facts: facts.value,
    available: available.value,
    members: view.value?.members ?? [],
    typists: typists.value,
    unread: unread.value,
    asked: asked.value,
    draft: draft.value,
    suggestions: suggestions.value,
    leaving: leaving.value,
  }));

  let client: Client;
  const reopens = new Map<string, number>();
  let cancelApart: (() => void) | undefined;

  // --- the connection ---

  function connect(): Client {
    const socketUrl = new URL("v1/socket", base);
    socketUrl.protocol = socketUrl.protocol === "https:" ? "wss:" : "ws:";
    return new Client({
      url: socketUrl.href,
      name: prefix,
      storage,
      dial: browserDial,
      clock: systemClock,
      page: browserPage,
      exclusively: overTabs(inTurn()),
      token: (expired) => {
        // Visitor tokens are renewed in time; one that was not is of no more use.
        if (expired) keep("token");
        return kept("token");
      },
      renewed: (token) => keep("token", token),
      refused,
      events: {
        status: statusChanged,
        change: (changed) => {
          if (changed.channel === channel.peek()) show(changed);
        },
        outbox: () => readOutbox(),
        opened: (key, to) => {
          if (channel.peek() === pendingChannel(key)) go(to);
        },
      },
    });
  }

  function statusChanged(now: Status, reason?: string): void {
    connected.value = now === "online";
    if (now === "online") {
      cancelApart?.();
      cancelApart = undefined;
      apart.value = false;
      refusal.value = undefined;
    } else {
      cancelApart ??= systemClock.after(BANNER_AFTER_MS, () => {
        apart.value = true;
      });
    }
    if (now !== "refused") return;
    // Without the token we are a new visitor; what was typed goes with us.
    if (reason !== "origin_not_allowed" && kept("token")) {
      startAnew();
      client.start();
    } else refusal.value = reason;
  }

  function show(changed: ChannelView): void {
    if (changed.ended === "not_found" || changed.ended === "forbidden") {
      // The log may be on its way back: our `open` goes out again with its old key.
      const open = client.outbox(changed.channel).find((item) => item.kind === "open");
      if (open?.state === "sending") go(pendingChannel(open.key));
      else startAnew();
      return;
    }
    // The view is changed in place: a copy tells that it is another.
    view.value = { ...changed };
    if (!fold(changed.entries).certain && changed.live && changed.hasOlder) act.older();
  }

  // --- which conversation ---

  function go(to: string | undefined): void {
    const from = channel.peek();
    if (from && from !== to && !isPending(from)) client.unsubscribe(from);
    keep("conversation", to);
    batch(() => {
      channel.value = to;
      view.value = undefined;
      readOutbox();
    });
    if (to && !isPending(to)) view.value = { ...client.subscribe(to) };
  }

  /** Begin as a new visitor: what was not delivered becomes the start of a new conversation. */
  function startAnew(): void {
    const old = channel.peek();
    const items = old ? client.outbox(old) : [];
    keep("token");
    keep("seen");
    seen.value = 0;
    for (const item of items) client.discard(item.key);
    go(undefined);
    for (const item of items) {
      if (item.state === "sent") continue;
      if (item.kind === "message" || item.kind === "open") say(item.data);
      else if (!OF_ONE.includes(item.kind)) publish(item.kind, item.data);
    }
  }

  function readOutbox(): void {
    const at = channel.peek();
    const now = at && client ? client.outbox(at) : [];
    // A conversation whose `open` was settled, in another tab perhaps, has its channel.
    const to = now.find((item) => item.kind === "open")?.opened;
    if (at && isPending(at) && to) go(to);
    else outbox.value = now;
  }

  // --- writing ---

  function publish(kind: string, data: Data): void {
    const to = channel.peek();
    if (to) client.publish(to, kind, data);
  }

  function say(data: Data): void {
    client.start();
    const to = channel.peek();
    if (!to) {
      const { key } = client.open({ ...data, ...news(true) });
      go(pendingChannel(key));
      return;
    }
    const { state, stateOffset } = folded.peek();
    const reopening = client.outbox(to).some((i) => i.kind === "reopen" && i.state === "sending");
    if (state === "closed" && !reopening) {
      client.publish(to, "reopen", {}, { expect: stateOffset });
    }
    client.publish(to, "message", { ...data, ...news() });
  }

  /** What the page knows and the visitor has read: all of it, or nothing when it was told before. */
  function news(all = false): Data {
    const read = readAnswers(prefix);
    const now = { ...told.peek(), ...(read.length > 0 && { read }) };
    const text = JSON.stringify(now);
    if (!all && text === (kept("told") ?? "{}")) return {};
    keep("told", text);
    return now;
  }

  /** Who asks for a person says how they are reached, should nobody be there. */
  function callPerson(): void {
    const { email, name } = told.peek().known ?? {};
    if (email && !logged.peek()["email"]) publish("contact", { email, ...(name && { name }) });
    publish("ask_human", {});
  }

  function send(text: string): void {
    say({ text, ...pageHere(), lang });
  }

  function refused(item: OutboxItem, error: RequestError): "retry" | "drop" | undefined {
    if (item.kind === "open") return undefined;
    // What was filled in is there to be corrected.
    if (item.kind === "details") return undefined;
    if (item.kind !== "message") return "drop";
    const tries = reopens.get(item.key) ?? 0;
    if (error.code === "wrong_state" && tries < MAX_REOPENS) {
      // Closed while this was on its way: it opens the conversation again.
      reopens.set(item.key, tries + 1);
      const expect = error.stateOffset ?? folded.peek().stateOffset;
      client.publish(item.channel, "reopen", {}, { expect, before: item.key });
      return "retry";
    }
    if (error.code === "log_full") {
      queueMicrotask(() => {
        if (channel.peek() === item.channel) go(undefined);
        say(item.data);
      });
      return "drop";
    }
    return undefined;
  }

  // --- what the visitor does ---

  const act: Actions = {
    open() {
      opened.value = true;
      void refreshSite();
      if (channel.peek()) client.start();
    },
    close() {
      opened.value = false;
      leaving.value = false;
    },
    send(text, answer) {
      if (answer) readAnswers(prefix, answer);
      act.write("");
      send(text);
    },
    write(text) {
      draft.value = text;
      keep("draft", text);
      // The connection is there by the time the message is.
      if (text) client.start();
      const at = channel.peek();
      if (at && !isPending(at)) client.typing(at, text !== "");
    },
    async askPerson(words) {
      // What we were told a while ago may not be so: nobody is promised who has left.
      if (view.peek()?.available === undefined) await refreshSite();
      if (asked.peek()) return;
      if (available.peek() === false) {
        leaving.value = true;
        return;
      }
      if (!channel.peek()) send(words);
      callPerson();
    },
    judge: (answer, helped) => publish("feedback", { answer, helped }),
    leaveMessage(text, email) {
      batch(() => {
        leaving.value = false;
        if (text) act.send(text);
        if (email) publish("contact", { email });
        callPerson();
      });
    },
    step: (answer, step) => publish("step", { answer, step }),
    fillIn(answer, fields, instead) {
      if (instead) client.discard(instead);
      keep("form");
      publish("details", { answer, fields });
    },
    filling: (answer, values) => fillingIn(own, `${channel.peek()} ${answer}`, values),
    leaveEmail: (email) => publish("contact", { email }),
    cancelLeaving() {
      leaving.value = false;
    },
    retry: (key) => client.retry(key),
    discard: (key) => client.discard(key),
    older() {
      const at = channel.peek();
      if (at) client.older(at).catch(() => {});
    },
  };

  async function refreshSite(): Promise<void> {
    site.value = (await fetchSite(base)) ?? site.value;
  }

  // --- it runs ---

  client = connect();
  const stops = [
    suggest({
      typed: () => (connected.value && opened.value && alone.value ? draft.value : ""),
      ask: (text) => client.ask(text, lang),
      clock: systemClock,
      found: suggestions,
    }),
    browserPage.watch(() => {
      looking.value = !document.hidden;
      online.value = navigator.onLine;
    }),
    storage.watch((changed) => {
      if (changed === name("seen")) seen.value = Number(kept("seen") ?? 0);
      const to = kept("conversation");
      if (changed === name("conversation") && to !== channel.peek()) {
        go(to);
        if (to) client.start();
      }
    }),
    effect(() => {
      const last = entries.value.at(-1)?.offset ?? 0;
      const at = channel.value;
      if (!at || !opened.value || !looking.value || last === 0) return;
      client.read(at, last);
      if (last <= seen.peek()) return;
      seen.value = last;
      keep("seen", String(last));
    }),
    effect(() => {
      // Before there is a conversation nobody tells us who is here: ask now and then.
      if (!opened.value || !looking.value || view.value?.available !== undefined) return;
      const timer = setInterval(() => void refreshSite(), SITE_EVERY_MS);
      return () => clearInterval(timer);
    }),
  ];
  if (channel.peek()) {
    go(channel.peek());
    client.start();
  }

  return {
    state,
    act,
    identify(identity) {
      told.value = readIdentity(identity, complain);
    },
    destroy() {
      for (const stop of stops) stop();
      client.stop();
      cancelApart?.();
    },
  };
}

/** Tell whoever made the page; visitors see nothing of it. */
function complain(what: string): void {
  // biome-ignore lint/suspicious/noConsole: where those who build a page look
  console.warn(`Straks leaves out ${what}`);
}

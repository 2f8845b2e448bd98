/** The widget's state: what is shown follows from it, and every deed goes through it. */

import { batch, computed, effect, signal } from "./signals.ts";
import {
  type Answer,
  browserDial,
  type ChannelView,
  Client,
  type Data,
  type Entry,
  inTurn,
  isPending,
  type OutboxItem,
  pendingChannel,
  type RequestError,
  type Status,
  systemClock,
} from "../protocol/index.ts";
import { browserPage, browserStorage, overTabs } from "../ui/browser.ts";
import { fold } from "./fold.ts";
import { rowsOf } from "./rows.ts";
import type { Language } from "./shell.ts";
import { fetchSite, type Site } from "./site.ts";
import type { Actions, State, Store } from "./state.ts";
import { suggest } from "./suggestions.ts";
import { plainTitle } from "./title.ts";

const BANNER_AFTER_MS = 2000;
const SITE_EVERY_MS = 10_000;
const MAX_REOPENS = 3;

export interface StoreOptions {
  readonly base: string;
  readonly prefix: string;
  readonly lang: Language;
}

export function createStore({ base, prefix, lang }: StoreOptions): Store {
  const storage = browserStorage();
  const name = (what: string) => `${prefix}:${what}`;
  const kept = (what: string) => storage.get(name(what)) || undefined;
  const keep = (what: string, value?: string) => {
    if (value) storage.set(name(what), value);
    else storage.remove(name(what));
  };

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

  const entries = computed(() => view.value?.entries ?? []);
  const folded = computed(() => fold(entries.value));
  const readTo = computed(() => {
    let most = 0;
    for (const [who, offset] of view.value?.reads ?? []) {
      if (who.startsWith("agent:")) most = Math.max(most, offset);
    }
    return most;
  });
  const rows = computed(() => rowsOf(entries.value, outbox.value, readTo.value));
  const available = computed(() => view.value?.available ?? site.value?.available);
  const typists = computed(() =>
    (view.value?.typing ?? []).filter((who) => who.kind !== "visitor"),
  );
  const unread = computed(
    () => entries.value.filter((entry) => entry.offset > seen.value && isForMe(entry)).length,
  );
  const asked = computed(
    () =>
      folded.value.state === "waiting" ||
      folded.value.state === "with_agent" ||
      outbox.value.some((item) => item.kind === "ask_human" && item.state !== "failed"),
  );
  /** Nobody but the answers answers here, as far as we know. */
  const alone = computed(() => {
    const { state, certain } = folded.value;
    const fresh = !channel.value || isPending(channel.value);
    return !asked.value && !leaving.value && (fresh || (certain && state === "self_service"));
  });

  const state = computed<State>(() => ({
    opened: opened.value,
    site: site.value,
    refusal: refusal.value,
    apart: apart.value,
    online: online.value,
    started: channel.value !== undefined,
    conversation: folded.value,
    rows: rows.value,
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
      // These mean the old conversation, and nothing in another.
      else if (!["reopen", "feedback"].includes(item.kind)) publish(item.kind, item.data);
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
      const { key } = client.open(data);
      go(pendingChannel(key));
      return;
    }
    const { state, stateOffset } = folded.peek();
    const reopening = client.outbox(to).some((i) => i.kind === "reopen" && i.state === "sending");
    if (state === "closed" && !reopening) {
      client.publish(to, "reopen", {}, { expect: stateOffset });
    }
    client.publish(to, "message", data);
  }

  function send(text: string): void {
    say({ text, ...pageHere(), lang });
  }

  function refused(item: OutboxItem, error: RequestError): "retry" | "drop" | undefined {
    if (item.kind === "open") return undefined;
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
    send(text) {
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
      publish("ask_human", {});
    },
    judge: (answer, helped) => publish("feedback", { answer, helped }),
    leaveMessage(text, email) {
      batch(() => {
        leaving.value = false;
        if (text) act.send(text);
        publish("ask_human", {});
        if (email) publish("contact", { email });
      });
    },
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
    destroy() {
      for (const stop of stops) stop();
      client.stop();
      cancelApart?.();
    },
  };
}

/** An entry that a visitor wants to know of. */
function isForMe(entry: Entry): boolean {
  return (entry.kind === "message" || entry.kind === "answer") && entry.from.kind !== "visitor";
}

/** What the server takes as a page: nothing of a file, of a frame that has no address. */
function pageHere() {
  if (!/^https?:/.test(location.href)) return {};
  const title = [...plainTitle().replace(/\p{Cc}+/gu, " ")].slice(0, 300).join("").trim();
  return { page: { url: location.href.slice(0, 2000), ...(title && { title }) } };
}

/** What was written but not yet acknowledged, kept until it is: nothing typed is ever lost. */

import { newKey } from "./keys.ts";
import type { Data, Entry } from "./messages.ts";
import type { StoragePort } from "./ports.ts";

/** How long an acknowledged item is kept, in case the log loses its tail: ten minutes. */
export const KEEP_MS = 600_000;

export type OutboxState = "sending" | "sent" | "failed";

export interface OutboxItem {
  readonly key: string;
  /** The channel, or `open:KEY` while the conversation that `open` creates has none. */
  readonly channel: string;
  /** A kind of entry, or `open`. */
  readonly kind: string;
  readonly data: Data;
  readonly expect?: number | undefined;
  /** When it was written, milliseconds since 1970. */
  readonly at: number;
  /** Items of one channel are sent in this order. */
  readonly order: number;
  readonly state: OutboxState;
  /** Why it failed: one of the codes of PROTOCOL.md §7. */
  readonly error?: string | undefined;
  /** Once sent: where it is in the log. */
  readonly offset?: number | undefined;
  /** Once an `open` was sent: the channel that it created. */
  readonly opened?: string | undefined;
  /** Kept over a reload. */
  readonly durable: boolean;
}

/** The channel of what follows an `open` that is not settled yet. */
export function pendingChannel(openKey: string): string {
  return `open:${openKey}`;
}

/** Whether `channel` is one of those. */
export function isPending(channel: string): boolean {
  return channel.startsWith("open:");
}

export class Outbox {
  readonly #memory = new Map<string, OutboxItem>();
  readonly #prefix: string;

  /** `name` tells this outbox from others in the same store; `changed` hears of every new state. */
  readonly #storage: StoragePort;
  readonly #now: () => number;
  readonly #changed: (item: OutboxItem) => void;

  constructor(
    storage: StoragePort,
    name: string,
    now: () => number,
    changed: (item: OutboxItem) => void = () => {},
  ) {
    this.#storage = storage;
    this.#now = now;
    this.#changed = changed;
    this.#prefix = `${name}:out:`;
    this.#prune();
  }

  /** Everything that is kept, in the order it was written. */
  items(channel?: string): OutboxItem[] {
    const items = [...this.#memory.values()];
    for (const name of this.#storage.names(this.#prefix)) {
      const item = this.#stored(name);
      if (item && !this.#memory.has(item.key)) items.push(item);
    }
    const all = items.sort((a, b) => a.order - b.order || (a.key < b.key ? -1 : 1));
    return channel === undefined ? all : all.filter((item) => this.channelOf(item) === channel);
  }

  get(key: string): OutboxItem | undefined {
    return this.#memory.get(key) ?? this.#stored(this.#prefix + key);
  }

  /** Write something down to be sent. */
  add(
    channel: string,
    kind: string,
    data: Data,
    options: {
      expect?: number | undefined;
      durable?: boolean;
      before?: string | undefined;
    } = {},
  ): OutboxItem {
    const key = newKey(this.#now());
    const next = options.before === undefined ? undefined : this.get(options.before);
    const item: OutboxItem = {
      key,
      channel: kind === "open" ? pendingChannel(key) : channel,
      kind,
      data,
      expect: options.expect,
      at: this.#now(),
      order: next ? next.order - 0.5 : this.#lastOrder() + 1,
      state: "sending",
      durable: options.durable ?? true,
    };
    this.#put(item);
    return item;
  }

  /** The first unsettled item of every channel: these may be sent now. */
  heads(): OutboxItem[] {
    const heads = new Map<string, OutboxItem>();
    for (const item of this.items()) {
      const channel = this.channelOf(item);
      // What follows an `open` waits until there is a channel to go to.
      const ready = item.kind === "open" || !isPending(channel);
      if (item.state === "sending" && ready && !heads.has(channel)) heads.set(channel, item);
    }
    return [...heads.values()];
  }

  /** The channel that `item` goes to by now. */
  channelOf(item: OutboxItem): string {
    if (!isPending(item.channel)) return item.channel;
    return this.get(item.channel.slice(5))?.opened ?? item.channel;
  }

  /** The server has it. */
  settle(key: string, offset: number, opened?: string): void {
    const item = this.get(key);
    if (!item || (item.state === "sent" && item.offset === offset)) return;
    this.#put({ ...item, state: "sent", offset, error: undefined, opened: opened ?? item.opened });
    this.#prune();
  }

  /** The server will not take it, for the reason `error`; it waits for `retry` or `remove`. */
  fail(key: string, error: string): void {
    const item = this.get(key);
    if (item?.state === "sending") this.#put({ ...item, state: "failed", error });
  }

  /** Send a failed item again, with the same key: last of all, or in its old place. */
  retry(key: string, inPlace = false): void {
    const item = this.get(key);
    if (item?.state !== "failed") return;
    const order = inPlace ? item.order : this.#lastOrder() + 1;
    this.#put({ ...item, state: "sending", error: undefined, order });
  }

  remove(key: string): void {
    this.#memory.delete(key);
    this.#storage.remove(this.#prefix + key);
  }

  /**
   * Take what the log tells: own entries in it are settled, and sent ones of the last ten
   * minutes that a replaced log does not have go out again, with their old keys.
   */
  reconcile(channel: string, entries: readonly Entry[], replaced: boolean): void {
    const present = new Map<string, number>();
    for (const entry of entries) if (entry.key) present.set(entry.key, entry.offset);
    for (const item of this.items(channel)) {
      const offset = present.get(item.key);
      if (offset !== undefined) this.settle(item.key, offset);
      // An entry from before this page may well be there: then the server says `duplicate`.
      else if (replaced && this.#isRecent(item)) this.#again(item);
    }
  }

  /** The whole conversation is gone: what was sent in the last ten minutes goes out again. */
  restart(channel: string): boolean {
    const items = this.items(channel);
    const open = items.find((item) => item.kind === "open");
    if (open?.state === "sending") return true;
    if (!open || !this.#isRecent(open)) return false;
    for (const item of items) if (this.#isRecent(item)) this.#again(item);
    return true;
  }

  #lastOrder(): number {
    return Math.max(0, ...this.items().map((item) => item.order));
  }

  #isRecent(item: OutboxItem): boolean {
    return item.state === "sent" && this.#now() - item.at < KEEP_MS;
  }

  #again(item: OutboxItem): void {
    // An `open` goes out as an `open` again: its key leads to the same conversation.
    this.#put({ ...item, state: "sending", offset: undefined });
  }

  #prune(): void {
    const items = this.items();
    const kept = items.filter((item) => item.state !== "sent" || this.#now() - item.at < KEEP_MS);
    const needed = new Set(kept.map((item) => item.channel));
    for (const item of items) {
      if (!kept.includes(item) && !needed.has(pendingChannel(item.key))) this.remove(item.key);
    }
  }

  #put(item: OutboxItem): void {
    const name = this.#prefix + item.key;
    // What cannot be stored is at least kept while the page lives.
    if (item.durable && this.#storage.set(name, JSON.stringify(item)))
      this.#memory.delete(item.key);
    else this.#memory.set(item.key, item);
    this.#changed(item);
  }

  #stored(name: string): OutboxItem | undefined {
    const text = this.#storage.get(name);
    if (!text) return undefined;
    try {
      const item = JSON.parse(text) as OutboxItem;
      if (this.#prefix + item.key === name && item.channel && item.data) return item;
    } catch {
      // Whoever wrote it, it is none of ours.
    }
    this.#storage.remove(name);
    return undefined;
  }
}

/** Keeps every subscribed channel whole: resumes, finds gaps, replaces what turned out wrong. */

import type { Send } from "./delivery.ts";
import { RequestError } from "./errors.ts";
import type { Entry, Position, ReadPush, SignalPush, Subscribed } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import type { ClockPort } from "./ports.ts";
import type { Push } from "./session.ts";
import { TypingWatch } from "./typing.ts";
import { type Change, type ChannelView, MutableView } from "./view.ts";

export interface ChannelsOptions {
  readonly clock: ClockPort;
  readonly online: () => boolean;
  readonly send: Send;
  /** Tell the server how far this person has read. */
  readonly tellRead: (channel: string, offset: number) => void;
  /** The outbox may have something to send. */
  readonly pump: () => void;
  readonly change?: (view: ChannelView, what: Change) => void;
  readonly entry?: (view: ChannelView, entry: Entry) => void;
}

const RETRY_S = 1;

export class Channels {
  readonly #views = new Map<string, MutableView>();
  readonly #watches = new Map<string, TypingWatch>();

  readonly #box: Outbox;
  readonly #options: ChannelsOptions;

  constructor(box: Outbox, options: ChannelsOptions) {
    this.#box = box;
    this.#options = options;
  }

  get(channel: string): MutableView | undefined {
    return this.#views.get(channel);
  }

  follow(channel: string, options: { after?: Position; keep?: number }): MutableView {
    const known = this.#views.get(channel);
    if (known && !known.ended) return known;
    const view = new MutableView(channel, options.after, options.keep);
    this.#views.set(channel, view);
    const watch = new TypingWatch(this.#options.clock, (typing) => {
      view.typing = typing;
      this.#options.change?.(view, "typing");
    });
    this.#watches.set(channel, watch);
    if (this.#options.online()) void this.#attach(view);
    return view;
  }

  /** Stop following; false when nobody did. */
  leave(channel: string): boolean {
    this.#watches.get(channel)?.clear();
    this.#watches.delete(channel);
    return this.#views.delete(channel);
  }

  /** The connection is there. */
  connected(): void {
    for (const view of this.#views.values()) if (!view.ended) void this.#attach(view);
  }

  /** The connection is gone. */
  broke(): void {
    for (const view of this.#views.values()) {
      if (!view.live) continue;
      view.live = false;
      this.#options.change?.(view, "live");
    }
  }

  async older(channel: string, limit?: number): Promise<void> {
    const view = this.#views.get(channel);
    const before = view?.entries[0]?.offset;
    if (!view || before === undefined || !view.hasOlder) return;
    const page = await this.#options.send({ type: "history", channel, before, limit });
    view.prepend(page.entries, page.more);
    this.#options.change?.(view, "older");
  }

  pushed(push: Exclude<Push, { type: "error" }>): void {
    const view = this.#views.get(push.channel);
    if (!view) return;
    if (push.type === "entry") this.#entered(view, push.entry);
    else if (push.type === "read") this.#wasRead(view, push);
    else if (push.type === "signal") this.#signalled(push);
    else if (push.type === "unsubscribed") this.#dropped(view, push.code ?? "resync");
    else {
      view.members = push.members;
      view.available = push.available;
      this.#options.change?.(view, "presence");
    }
  }

  async #attach(view: MutableView): Promise<void> {
    if (view.attaching) return;
    view.attaching = true;
    let failure: RequestError | undefined;
    try {
      while (this.#views.get(view.channel) === view && !view.live) await this.#catchUp(view);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      failure = error;
    } finally {
      view.attaching = false;
    }
    if (failure) this.#notAttached(view, failure);
  }

  async #catchUp(view: MutableView): Promise<void> {
    const { channel } = view;
    const after = view.position.offset > 0 ? view.position : undefined;
    const reply = await this.#options.send({ type: "subscribe", channel, after });
    if (this.#views.get(channel) !== view) return;
    this.#attached(view, reply);
    let more = reply.more;
    while (more) {
      const from = view.position.offset;
      const page = await this.#options.send({ type: "history", channel, after: from });
      this.#news(view, view.append(page.entries));
      more = page.more && view.position.offset > from;
    }
  }

  #attached(view: MutableView, reply: Subscribed): void {
    const told = view.readUpTo;
    view.live = !reply.more;
    if (reply.recovered) this.#news(view, view.append(reply.entries));
    else this.#replaced(view, reply);
    if (!view.live) return;
    this.#options.change?.(view, "live");
    this.#askPresence(view.channel);
    if (told > 0 && told === view.readUpTo) this.#options.tellRead(view.channel, told);
    this.#options.pump();
  }

  /** Who came or went while this page slept, and another of ours did not, nobody told us. */
  #askPresence(channel: string): void {
    if (!channel.startsWith("conversation:")) return;
    this.#options.send({ type: "presence", channel }).then(
      (reply) => this.pushed(reply),
      () => {}, // asked again when the channel is live again
    );
  }

  #replaced(view: MutableView, reply: Subscribed): void {
    const before = view.position;
    view.replace(reply.entries, reply.position);
    this.#box.reconcile(view.channel, reply.entries, true);
    this.#options.change?.(view, "replaced");
    if (before.offset === 0) return;
    for (const entry of reply.entries) {
      if (entry.offset > before.offset) this.#options.entry?.(view, entry);
    }
  }

  #notAttached(view: MutableView, error: RequestError): void {
    // Without a connection the next one attaches again.
    if (this.#views.get(view.channel) !== view || error.code === "disconnected") {
      if (this.#options.online() && !view.ended) void this.#attach(view);
    } else if (error.temporary) {
      this.#options.clock.after((error.retryAfter ?? RETRY_S) * 1000, () => {
        if (this.#views.get(view.channel) === view && this.#options.online())
          void this.#attach(view);
      });
    } else {
      view.ended = error.code;
      // A log that lost even our first message: `open` with the old key finds the way back.
      if (error.code === "not_found" && this.#box.restart(view.channel)) this.#options.pump();
      this.#options.change?.(view, "live");
    }
  }

  #entered(view: MutableView, entry: Entry): void {
    // Not live: what is pushed now is in the reply that we wait for.
    if (!view.live) return;
    const place = view.push(entry);
    if (place === "next") this.#news(view, [entry]);
    else if (place !== "known") this.#resume(view);
  }

  #news(view: MutableView, entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    this.#box.reconcile(view.channel, entries, false);
    for (const entry of entries) this.#watches.get(view.channel)?.heard(entry.from, false);
    this.#options.change?.(view, "entries");
    for (const entry of entries) this.#options.entry?.(view, entry);
  }

  #wasRead(view: MutableView, push: ReadPush): void {
    if (view.read(push.from, push.offset)) this.#options.change?.(view, "reads");
  }

  #signalled(push: SignalPush): void {
    if (push.kind === "typing") {
      const { on } = push.data as { on?: boolean };
      this.#watches.get(push.channel)?.heard(push.from, on !== false);
    }
  }

  #dropped(view: MutableView, code: string): void {
    if (code === "resync") this.#resume(view);
    else {
      view.live = false;
      view.ended = code;
      this.#options.change?.(view, "live");
    }
  }

  #resume(view: MutableView): void {
    view.live = false;
    void this.#attach(view);
  }
}

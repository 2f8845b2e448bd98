/** The protocol as an application uses it: channels that stay whole, an outbox that empties. */

import { Channels } from "./channels.ts";
import { Delivery, type Publishing, type PublishOptions } from "./delivery.ts";
import { disconnected, RequestError } from "./errors.ts";
import type {
  Answer,
  Data,
  Entry,
  ErrorFrame,
  Limits,
  Position,
  Principal,
  ReplyTo,
  Request,
  Unnumbered,
} from "./messages.ts";
import { Outbox, type OutboxItem } from "./outbox.ts";
import type { ClockPort, Dial, Exclusively, PagePort, StoragePort } from "./ports.ts";
import type { SessionEvent } from "./session.ts";
import { Socket, type Status } from "./socket.ts";
import { TypingSender } from "./typing.ts";
import type { Change, ChannelView } from "./view.ts";

/** What the application hears; every member is optional. */
export interface ClientEvents {
  /** `reason` with `refused`: `token_invalid`, `token_revoked`, `signed_out`, … */
  status?(status: Status, reason?: string): void;
  /** Hello was answered; `principal` and `limits` are known from here on. */
  welcome?(principal: Principal): void;
  /** Something in a subscribed channel changed. */
  change?(view: ChannelView, what: Change): void;
  /** An entry was appended while the channel was live, or while we were away. */
  entry?(view: ChannelView, entry: Entry): void;
  /** An item of the outbox changed; undefined: some did, in another tab perhaps. */
  outbox?(item: OutboxItem | undefined): void;
  /** The conversation of an `open` has its channel now. */
  opened?(key: string, channel: string): void;
  /** An error that answers no request. */
  error?(error: ErrorFrame): void;
}

export interface ClientOptions {
  /** `wss://host/v1/socket` */
  readonly url: string;
  /** What to say hello with; may throw RefusedError when there is none and will be none. */
  readonly token: (expired: boolean) => string | undefined | Promise<string | undefined>;
  /** A new or renewed visitor token: keep it in place of the old one. */
  readonly renewed?: (token: string) => void;
  /** Tells this application's outbox from others in the same storage. */
  readonly name: string;
  readonly storage: StoragePort;
  readonly dial: Dial;
  readonly clock: ClockPort;
  readonly page: PagePort;
  readonly exclusively: Exclusively;
  readonly random?: () => number;
  /** Do not reconnect while nobody looks (default true; the console says false). */
  readonly pauseWhenHidden?: boolean;
  readonly events: ClientEvents;
  /**
   * A publish was refused for good. `retry` sends it again in its place (the application may have
   * published something `before` it), `drop` forgets it, undefined leaves it as failed.
   */
  readonly refused?: (item: OutboxItem, error: RequestError) => "retry" | "drop" | undefined;
}

interface Waiting {
  readonly resolve: (reply: never) => void;
  readonly reject: (error: RequestError) => void;
  readonly deadline: number;
}

/** A request unanswered for so long means a dead connection. */
const REPLY_MS = 15_000;

export class Client {
  principal: Principal | undefined;
  limits: Limits | undefined;

  readonly #socket: Socket;
  readonly #box: Outbox;
  readonly #delivery: Delivery;
  readonly #channels: Channels;
  readonly #typist: TypingSender;
  readonly #waiting = new Map<number, Waiting>();
  #unwatch = () => {};

  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
    const { clock, events, name } = options;
    const now = () => clock.now();
    const online = () => this.status === "online";
    const send = <T extends Unnumbered<Request>>(body: T) => this.request(body);
    this.#box = new Outbox(options.storage, name, now, (item) => events.outbox?.(item));
    this.#delivery = new Delivery(this.#box, {
      ...options,
      ...events,
      online,
      send,
    });
    this.#channels = new Channels(this.#box, {
      ...events,
      clock,
      online,
      send,
      tellRead: (channel, offset) => this.#socket.say({ type: "read", channel, offset }),
      pump: () => this.#delivery.pump(),
    });
    this.#typist = new TypingSender(now, (channel, on) =>
      this.#socket.say({ type: "signal", channel, kind: "typing", data: { on } }),
    );
    this.#socket = new Socket({
      ...options,
      pauseWhenHidden: options.pauseWhenHidden ?? true,
      status: (status, reason) => this.#statusChanged(status, reason),
      event: (event) => this.#received(event),
      tick: () => this.#overdue(),
    });
  }

  get status(): Status {
    return this.#socket.status;
  }

  /** Connect and stay connected; after `refused`, with what the token provider says now. */
  start(): void {
    this.#unwatch();
    this.#unwatch = this.#options.storage.watch((name) => {
      if (!name.startsWith(`${this.#options.name}:out:`)) return;
      this.#options.events.outbox?.(undefined);
      this.#delivery.pump();
    });
    this.#socket.start();
  }

  /** Disconnect; what is in the outbox stays there. */
  stop(): void {
    this.#unwatch();
    this.#socket.stop();
  }

  /**
   * Follow a channel, now and after every reconnect, until `unsubscribe`.
   *
   * `after` begins behind a known position instead of with the latest page; `keep` bounds how
   * many entries the view holds. A channel that ended is tried again.
   */
  subscribe(channel: string, options: { after?: Position; keep?: number } = {}): ChannelView {
    return this.#channels.follow(channel, options);
  }

  unsubscribe(channel: string): void {
    if (!this.#channels.leave(channel) || this.status !== "online") return;
    this.request({ type: "unsubscribe", channel }).catch(() => {});
  }

  view(channel: string): ChannelView | undefined {
    return this.#channels.get(channel);
  }

  /** Put the page of history before the first known entry in front of a subscribed channel. */
  older(channel: string, limit?: number): Promise<void> {
    return this.#channels.older(channel, limit);
  }

  /** Everything up to `offset` was seen. Told again after a reconnect. */
  read(channel: string, offset: number): void {
    const view = this.#channels.get(channel);
    if (!view || offset <= view.readUpTo) return;
    view.readUpTo = offset;
    this.#socket.say({ type: "read", channel, offset });
  }

  /** Call at every key, and with `on` false once the text is gone. */
  typing(channel: string, on = true): void {
    if (this.status === "online") this.#typist.typing(channel, on);
  }

  /**
   * Look up answers that may fit a text while it is typed, best first. Nothing is stored or kept:
   * what cannot be answered now rejects with RequestError.
   */
  async ask(text: string, lang?: string): Promise<readonly Answer[]> {
    return (await this.request({ type: "ask", text, lang })).answers;
  }

  /** Create a conversation with its first message; more may go to `pendingChannel(key)` at once. */
  open(data: Data): Publishing {
    return this.#delivery.write("", "open", data, {});
  }

  /** Append an entry to a channel, in the order of the calls. */
  publish(channel: string, kind: string, data: Data, options: PublishOptions = {}): Publishing {
    return this.#delivery.write(channel, kind, data, options);
  }

  /** What was written to a channel and is not, or only just, in its log. */
  outbox(channel?: string): OutboxItem[] {
    return this.#box.items(channel);
  }

  /** Send a failed item again. */
  retry(key: string): void {
    this.#box.retry(key);
    this.#delivery.pump();
  }

  /** Forget an item. */
  discard(key: string): void {
    this.#delivery.discard(key);
  }

  /** Send one request; rejects with RequestError. */
  request<T extends Unnumbered<Request>>(body: T): Promise<ReplyTo[T["type"]]> {
    return new Promise((resolve, reject) => {
      if (this.status !== "online") {
        reject(disconnected());
        return;
      }
      const id = this.#socket.request(body);
      const deadline = this.#options.clock.now() + REPLY_MS;
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject, deadline });
    });
  }

  #statusChanged(status: Status, reason?: string): void {
    if (status !== "online") {
      const waiting = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const each of waiting) each.reject(disconnected());
      this.#channels.broke();
    }
    this.#options.events.status?.(status, reason);
    if (status !== "online") return;
    this.#channels.connected();
    this.#delivery.pump();
  }

  #overdue(): void {
    const now = this.#options.clock.now();
    if ([...this.#waiting.values()].some((each) => each.deadline <= now)) this.#socket.reconnect();
  }

  #received(event: SessionEvent): void {
    if (event.kind === "welcome") {
      this.principal = event.welcome.principal;
      this.limits = event.welcome.limits;
      if (event.welcome.token) this.#options.renewed?.(event.welcome.token);
      this.#options.events.welcome?.(this.principal);
    } else if (event.kind === "reply") {
      this.#take(event.id)?.resolve(event.reply as never);
    } else if (event.kind === "error") {
      this.#take(event.id)?.reject(new RequestError(event.error));
    } else if (event.kind === "push") {
      if (event.push.type === "error") this.#options.events.error?.(event.push);
      else this.#channels.pushed(event.push);
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

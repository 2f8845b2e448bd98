/** Empties the outbox: one item per channel at a time, in order, until the server has it. */

import { RequestError } from "./errors.ts";
import type { Data, Opened, Published, ReplyTo, Request, Unnumbered } from "./messages.ts";
import type { Outbox, OutboxItem } from "./outbox.ts";
import type { ClockPort, Exclusively } from "./ports.ts";

export interface PublishOptions {
  /** Offset of the last state-changing entry seen: required for accept, transfer, close, reopen. */
  readonly expect?: number;
  /** Keep it over a reload and send it whenever that becomes possible (default true). */
  readonly durable?: boolean;
  /** Not durable only: give up after so many milliseconds (default 15,000). */
  readonly within?: number;
  /** Key of an unsettled item that this one goes before; otherwise it goes last. */
  readonly before?: string;
}

export interface Publishing {
  readonly key: string;
  /** Where it is in the log; rejects with RequestError when refused for good or given up. */
  readonly settled: Promise<Settled>;
}

export interface Settled {
  readonly channel: string;
  readonly offset: number;
}

export type Send = <T extends Unnumbered<Request>>(body: T) => Promise<ReplyTo[T["type"]]>;

export interface DeliveryOptions {
  readonly name: string;
  readonly clock: ClockPort;
  readonly exclusively: Exclusively;
  readonly online: () => boolean;
  readonly send: Send;
  readonly opened?: (key: string, channel: string) => void;
  readonly outbox?: (item: undefined) => void;
  readonly refused?: (item: OutboxItem, error: RequestError) => "retry" | "drop" | undefined;
}

const GIVE_UP_MS = 15_000;
const RETRY_S = 1;

export class Delivery {
  readonly #inFlight = new Set<string>();
  readonly #settling = new Map<
    string,
    { resolve: (at: Settled) => void; reject: (error: RequestError) => void }
  >();

  readonly #box: Outbox;
  readonly #options: DeliveryOptions;

  constructor(box: Outbox, options: DeliveryOptions) {
    this.#box = box;
    this.#options = options;
  }

  /** Write an item down and send it as soon as its turn comes. */
  write(channel: string, kind: string, data: Data, options: PublishOptions): Publishing {
    const durable = options.durable ?? true;
    const item = this.#box.add(channel, kind, data, { ...options, durable });
    const settled = new Promise<Settled>((resolve, reject) => {
      this.#settling.set(item.key, { resolve, reject });
    });
    // Who does not wait for it sees the outcome in the outbox.
    settled.catch(() => {});
    if (!durable) {
      this.#options.clock.after(options.within ?? GIVE_UP_MS, () => this.#giveUp(item.key));
    }
    this.pump();
    return { key: item.key, settled };
  }

  /** Send what can be sent now. */
  pump(): void {
    if (!this.#options.online()) return;
    for (const item of this.#box.heads()) {
      const channel = this.#box.channelOf(item);
      if (this.#inFlight.has(channel)) continue;
      this.#inFlight.add(channel);
      const lock = `${this.#options.name}:${channel}`;
      void this.#options.exclusively(lock, () => this.#deliver(item.key, channel));
    }
  }

  /** Forget an item. */
  discard(key: string): void {
    this.#box.remove(key);
    this.#options.outbox?.(undefined);
  }

  /** Send the head of a channel; another tab may have done so while we waited for our turn. */
  async #deliver(key: string, channel: string): Promise<void> {
    const item = this.#box.get(key);
    let pause = 0;
    try {
      if (item?.state === "sending" && this.#options.online()) await this.#transmit(item, channel);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.temporary) pause = (error.retryAfter ?? RETRY_S) * 1000;
      else this.#fail(key, error);
    }
    const next = () => {
      this.#inFlight.delete(channel);
      this.pump();
    };
    // Without a connection the next one starts the pump.
    if (pause > 0 && this.#options.online()) this.#options.clock.after(pause, next);
    else next();
  }

  async #transmit(item: OutboxItem, channel: string): Promise<void> {
    const { key, kind, data, expect } = item;
    let reply: Opened | Published;
    if (kind === "open") reply = await this.#options.send({ type: "open", key, data });
    else reply = await this.#options.send({ type: "publish", channel, key, kind, data, expect });
    this.#box.settle(key, reply.offset, kind === "open" ? reply.channel : undefined);
    if (kind === "open") this.#options.opened?.(key, reply.channel);
    this.#settling.get(key)?.resolve({ channel: reply.channel, offset: reply.offset });
    this.#settling.delete(key);
  }

  #fail(key: string, error: RequestError): void {
    const item = this.#box.get(key);
    if (!item) return;
    // A log that lost the whole conversation has it again once our `open` went out again.
    if (error.code === "not_found" && this.#box.restart(this.#box.channelOf(item))) return;
    const verdict = item.durable ? this.#options.refused?.(item, error) : "drop";
    this.#box.fail(key, error.code);
    if (verdict === "retry") {
      this.#box.retry(key, true);
      return;
    }
    if (verdict === "drop") this.discard(key);
    this.#settling.get(key)?.reject(error);
    this.#settling.delete(key);
  }

  #giveUp(key: string): void {
    if (this.#box.get(key)?.state !== "sending") return;
    this.discard(key);
    const error = new RequestError({ code: "outcome_unknown", message: "no answer in time" });
    this.#settling.get(key)?.reject(error);
    this.#settling.delete(key);
  }
}

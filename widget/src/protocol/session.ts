/** The client's side of one connection as a state machine: frames in, events out, no I/O. */

import { CREDENTIALS, TEMPORARY } from "./codes.ts";
import type {
  ClientMessage,
  Closing,
  EntryPush,
  ErrorFrame,
  PresencePush,
  ReadPush,
  Reply,
  Request,
  ServerMessage,
  SignalPush,
  Unnumbered,
  Unsubscribed,
  Welcome,
} from "./messages.ts";

export type SessionState = "new" | "greeting" | "live" | "closing" | "refused";

export type Push = EntryPush | SignalPush | ReadPush | PresencePush | Unsubscribed | ErrorFrame;

export type SessionEvent =
  | { readonly kind: "welcome"; readonly welcome: Welcome }
  | { readonly kind: "reply"; readonly id: number; readonly reply: Reply }
  | { readonly kind: "error"; readonly id: number; readonly error: ErrorFrame }
  | { readonly kind: "push"; readonly push: Push }
  | { readonly kind: "pong" }
  | { readonly kind: "closing"; readonly closing: Closing }
  | { readonly kind: "refused"; readonly code: string }
  /** A reply to nothing that was asked. */
  | { readonly kind: "violation" };

const REPLIES: Record<Request["type"], Reply["type"]> = {
  hello: "welcome",
  open: "opened",
  subscribe: "subscribed",
  unsubscribe: "unsubscribed",
  publish: "published",
  history: "history",
  presence: "presence",
  ask: "answers",
};

export class ClientSession {
  state: SessionState = "new";
  /** Seconds of silence after which a side speaks up; the server's word once it is known. */
  heartbeat = 30;

  #lastId = 0;
  readonly #waiting = new Map<number, Request["type"]>();
  #heardAt: number;
  #saidAt: number;

  /** `now` in milliseconds, of any clock that the other calls use too. */
  constructor(now: number) {
    this.#heardAt = now;
    this.#saidAt = now;
  }

  /** The first frame of the connection. */
  hello(token: string | undefined, now: number): ClientMessage {
    if (this.state !== "new") throw new Error(`hello in state ${this.state}`);
    this.state = "greeting";
    return this.#number({ type: "hello", token }, now);
  }

  /** Give a request its id and expect the reply. */
  request<T extends Request>(body: Unnumbered<T>, now: number): T {
    const able = this.state === "live" || this.state === "closing";
    if (!able) throw new Error(`${body.type} in state ${this.state}`);
    return this.#number(body, now) as T;
  }

  /** Note that something without a reply was sent. */
  said(now: number): void {
    this.#saidAt = now;
  }

  /** Take in one frame of the server. */
  receive(frame: ServerMessage, now: number): SessionEvent {
    this.#heardAt = now;
    switch (frame.type) {
      case "ping":
        return { kind: "pong" };
      case "closing":
        this.state = "closing";
        return { kind: "closing", closing: frame };
      case "error":
        return this.#refused(frame);
      case "entry":
      case "signal":
      case "read":
        return { kind: "push", push: frame };
      default:
        return this.#answered(frame);
    }
  }

  /** What silence asks for at `now`: nothing, a `pong`, or giving the connection up. */
  due(now: number): "nothing" | "pong" | "dead" {
    if (now - this.#heardAt >= this.heartbeat * 2000) return "dead";
    return this.state === "live" && now - this.#saidAt >= this.heartbeat * 1000
      ? "pong"
      : "nothing";
  }

  #number(body: Unnumbered<Request>, now: number): Request {
    this.#lastId += 1;
    this.#waiting.set(this.#lastId, body.type);
    this.#saidAt = now;
    return { ...body, id: this.#lastId } as Request;
  }

  #answered(frame: Reply): SessionEvent {
    if (frame.id === undefined) return { kind: "push", push: frame as PresencePush | Unsubscribed };
    const asked = this.#waiting.get(frame.id);
    if (!asked || REPLIES[asked] !== frame.type) {
      return { kind: "violation" };
    }
    this.#waiting.delete(frame.id);
    if (frame.type !== "welcome") return { kind: "reply", id: frame.id, reply: frame };
    this.state = "live";
    if (frame.heartbeat > 0) this.heartbeat = frame.heartbeat;
    return { kind: "welcome", welcome: frame };
  }

  #refused(error: ErrorFrame): SessionEvent {
    const asked = error.id === undefined ? undefined : this.#waiting.get(error.id);
    // Whatever else is wrong with a hello is wrong with the token that it had.
    if (CREDENTIALS.has(error.code) || (asked === "hello" && !TEMPORARY.has(error.code))) {
      this.state = "refused";
      return { kind: "refused", code: error.code };
    }
    if (error.id === undefined || !asked) return { kind: "push", push: error };
    this.#waiting.delete(error.id);
    return { kind: "error", id: error.id, error };
  }
}

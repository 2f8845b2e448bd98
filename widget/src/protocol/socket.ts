/** One lasting connection: dials, says hello, keeps alive, and dials again when it broke. */

import { Backoff } from "./backoff.ts";
import { CodecError, decode, encode, SUBPROTOCOL } from "./codec.ts";
import {
  GOING_AWAY,
  HEARTBEAT_TIMEOUT,
  HELLO_TIMEOUT,
  INTERNAL,
  mayReconnect,
  NORMAL,
  refusal,
  TOKEN_EXPIRED,
} from "./codes.ts";
import type { ClientMessage, Request, Unnumbered } from "./messages.ts";
import type { ClockPort, Dial, Exclusively, PagePort, Wire } from "./ports.ts";
import { ClientSession, type SessionEvent } from "./session.ts";

/**
 * `idle`: not started; `connecting`: dialling or greeting; `online`; `waiting`: will dial again
 * by itself; `paused`: nobody looks, dials when somebody does; `refused`: needs other credentials.
 */
export type Status = "idle" | "connecting" | "online" | "waiting" | "paused" | "refused";

/** Thrown by a token provider that has no token and will have none. */
export class RefusedError extends Error {
  constructor(readonly code: string) {
    super(code);
    this.name = "RefusedError";
  }
}

export interface SocketOptions {
  readonly url: string;
  readonly dial: Dial;
  readonly clock: ClockPort;
  readonly page: PagePort;
  readonly random?: () => number;
  /** Do not dial again while the page is hidden. */
  readonly pauseWhenHidden: boolean;
  /** What to say hello with; asked before each hello, `expired` when the last one was. */
  readonly token: (expired: boolean) => string | undefined | Promise<string | undefined>;
  /** No two tabs say hello at once: a token may be renewed by it. */
  readonly exclusively: Exclusively;
  readonly status: (status: Status, reason?: string) => void;
  readonly event: (event: SessionEvent) => void;
  /** Called every second while online. */
  readonly tick: () => void;
}

/** Seconds from dialling to `welcome` before the attempt is given up. */
const GREETING_S = 12;
/** Seconds between attempts while the browser says that there is no network. */
const OFFLINE_S = 20;

export class Socket {
  status: Status = "idle";

  #session: ClientSession | undefined;
  #wire: Wire | undefined;
  readonly #backoff: Backoff;
  #reconnectAfter: number | undefined;
  #expired = false;
  #cancelTimer = () => {};
  #unwatch = () => {};
  #wasOnline = true;
  #hangUp: (code: number) => void = () => {};

  readonly #options: SocketOptions;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
  }

  /** Connect and stay connected; also after `refused`, with what the token provider says now. */
  start(): void {
    if (this.status !== "idle" && this.status !== "refused") return;
    this.#backoff.reset();
    this.#expired = false;
    this.#wasOnline = this.#options.page.online();
    this.#unwatch();
    this.#unwatch = this.#options.page.watch(() => this.#pageChanged());
    this.#attempt();
  }

  stop(): void {
    this.#unwatch();
    this.#cancelTimer();
    this.#become("idle");
    this.#hangUp(NORMAL);
  }

  /** Give this connection up and dial again at once. */
  reconnect(): void {
    if (this.status === "idle" || this.status === "refused") return;
    this.#reconnectAfter = 0;
    if (this.#wire) this.#hangUp(HEARTBEAT_TIMEOUT);
    else if (this.status !== "connecting") this.#attempt();
  }

  /** Send a request; its reply comes as an event with the id returned. Only while `online`. */
  request(body: Unnumbered<Request>): number {
    if (!this.#session) throw new Error("not connected");
    const frame = this.#session.request(body, this.#options.clock.now());
    this.#wire?.send(encode(frame));
    return frame.id;
  }

  /** Send what has no reply; dropped when not online. */
  say(frame: ClientMessage): void {
    if (this.status !== "online" || !this.#session) return;
    this.#session.said(this.#options.clock.now());
    this.#wire?.send(encode(frame));
  }

  #attempt(): void {
    this.#cancelTimer();
    if (this.#options.pauseWhenHidden && this.#options.page.hidden()) {
      this.#become("paused");
      return;
    }
    this.#become("connecting");
    void this.#options.exclusively("hello", () => this.#greet());
  }

  /** Dial; done once there is a welcome, or no hope of one. */
  #greet(): Promise<void> {
    if (this.status !== "connecting" || this.#wire) return Promise.resolve();
    return new Promise((done) => {
      const { clock } = this.#options;
      const session = new ClientSession(clock.now());
      let over = false;
      const finish = (code: number) => {
        if (over) return;
        over = true;
        this.#session = undefined;
        this.#wire = undefined;
        done();
        this.#lost(code, session);
      };
      this.#session = session;
      this.#hangUp = (code) => {
        wire.close(code);
        // The browser may take a minute to report the end of a dead connection.
        finish(code);
      };
      const wire = this.#options.dial(this.#options.url, SUBPROTOCOL, {
        open: () => void this.#hello(session, wire, finish),
        text: (text) => {
          if (!over && this.#receive(session, text)) done();
        },
        close: finish,
      });
      this.#wire = wire;
      this.#cancelTimer = clock.after(GREETING_S * 1000, () => this.#hangUp(HELLO_TIMEOUT));
    });
  }

  async #hello(session: ClientSession, wire: Wire, finish: (code: number) => void) {
    try {
      const token = await this.#options.token(this.#expired);
      if (this.#session !== session) return;
      wire.send(encode(session.hello(token, this.#options.clock.now())));
    } catch (error) {
      if (error instanceof RefusedError && this.#session === session) this.#refuse(error.code);
      wire.close(NORMAL);
      finish(GOING_AWAY);
    }
  }

  /** Take in one text; true when it was the welcome. */
  #receive(session: ClientSession, text: string): boolean {
    let event: SessionEvent;
    try {
      event = session.receive(decode(text), this.#options.clock.now());
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      // A frame of a newer server is none of ours; anything else is a broken connection.
      if (error.code !== "unknown_type") this.#hangUp(INTERNAL);
      return false;
    }
    if (event.kind === "pong") this.say({ type: "pong" });
    else if (event.kind === "closing") this.#reconnectAfter = event.closing.reconnect_after;
    else if (event.kind === "refused") this.#rejected(event.code);
    else if (event.kind === "violation") this.#hangUp(INTERNAL);
    else if (event.kind === "welcome") this.#welcomed(event);
    else this.#options.event(event);
    return event.kind === "welcome";
  }

  #welcomed(event: SessionEvent): void {
    this.#backoff.reset();
    this.#expired = false;
    this.#schedule();
    this.#options.event(event);
    this.#become("online");
  }

  #schedule(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.after(1000, () => this.#beat());
  }

  #beat(): void {
    const due = this.#session?.due(this.#options.clock.now());
    if (due === "dead") {
      this.#hangUp(HEARTBEAT_TIMEOUT);
      return;
    }
    if (due === "pong") this.say({ type: "pong" });
    this.#schedule();
    this.#options.tick();
  }

  #rejected(code: string): void {
    // Once, another token may help; the provider hears that the last one expired.
    if (code === "token_expired" && !this.#expired) this.#expired = true;
    else this.#refuse(code);
  }

  #refuse(code: string): void {
    this.#cancelTimer();
    this.status = "refused";
    // Who starts anew at once must not be refused by the end of this connection as well.
    this.#hangUp(NORMAL);
    this.#become("refused", code);
  }

  #lost(code: number, session: ClientSession): void {
    this.#cancelTimer();
    const after = this.#reconnectAfter;
    this.#reconnectAfter = undefined;
    if (this.status === "idle" || this.status === "refused") return;
    if (!mayReconnect(code)) {
      this.#refuse(refusal(code));
      return;
    }
    if (code === TOKEN_EXPIRED && session.state !== "refused") this.#expired = true;
    const wait = this.#options.page.online() ? (after ?? this.#backoff.next()) : OFFLINE_S;
    this.#become("waiting");
    this.#cancelTimer = this.#options.clock.after(wait * 1000, () => this.#attempt());
  }

  #pageChanged(): void {
    const { page, clock } = this.#options;
    const cameOnline = page.online() && !this.#wasOnline;
    this.#wasOnline = page.online();
    if (this.status === "paused" && !page.hidden()) this.#attempt();
    else if (this.status === "waiting" && page.online() && !page.hidden()) this.#attempt();
    // A socket seldom survives a lost network, and is slow to say so.
    else if (this.status === "online" && cameOnline) this.reconnect();
    else if (this.status === "online" && this.#session?.due(clock.now()) === "dead")
      this.reconnect();
  }

  #become(status: Status, reason?: string): void {
    if (status === this.status && !reason) return;
    this.status = status;
    this.#options.status(status, reason);
  }
}

/** Dial with the browser's own WebSocket. */
export const browserDial: Dial = (url, subprotocol, events) => {
  const socket = new WebSocket(url, subprotocol);
  socket.onopen = () => events.open();
  socket.onmessage = (message) => events.text(String(message.data));
  socket.onclose = (close) => events.close(close.code);
  return {
    send: (text) => socket.send(text),
    close(code = NORMAL) {
      socket.onmessage = null;
      // A page may close with 1000 or 3000-4999 only.
      socket.close(code === NORMAL || code >= 3000 ? code : NORMAL);
    },
  };
};

/** Typing signals: sent every 3 s while it lasts, shown for 6 s after the last (PROTOCOL.md §3). */

import type { Principal } from "./messages.ts";
import type { ClockPort } from "./ports.ts";
import { nameOf } from "./view.ts";

const REPEAT_MS = 3000;
const LAST_MS = 6000;

/** Says that this person types, no more often than needed. */
export class TypingSender {
  readonly #saidAt = new Map<string, number>();

  readonly #now: () => number;
  readonly #send: (channel: string, on: boolean) => void;

  constructor(now: () => number, send: (channel: string, on: boolean) => void) {
    this.#now = now;
    this.#send = send;
  }

  /** Call at every key, and with `on` false once the text was sent or cleared. */
  typing(channel: string, on: boolean): void {
    const said = this.#saidAt.get(channel);
    const fresh = said !== undefined && this.#now() - said < (on ? REPEAT_MS : LAST_MS);
    if (on === fresh) return;
    if (on) this.#saidAt.set(channel, this.#now());
    else this.#saidAt.delete(channel);
    this.#send(channel, on);
  }
}

/** Remembers who types in one channel, and forgets them in time. */
export class TypingWatch {
  readonly #typists = new Map<string, { who: Principal; cancel: () => void }>();

  readonly #clock: ClockPort;
  readonly #changed: (typists: readonly Principal[]) => void;

  constructor(clock: ClockPort, changed: (typists: readonly Principal[]) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** A signal came in. */
  heard(who: Principal, on: boolean): void {
    const name = nameOf(who);
    const before = this.#typists.get(name);
    before?.cancel();
    if (!on) {
      if (this.#typists.delete(name)) this.#tell();
      return;
    }
    this.#typists.set(name, {
      who,
      cancel: this.#clock.after(LAST_MS, () => this.heard(who, false)),
    });
    if (!before) this.#tell();
  }

  /** Nobody types: the channel is left. */
  clear(): void {
    for (const { cancel } of this.#typists.values()) cancel();
    this.#typists.clear();
  }

  #tell(): void {
    this.#changed([...this.#typists.values()].map(({ who }) => who));
  }
}

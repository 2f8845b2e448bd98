/** Typing signals: sent every 3 s while it lasts, shown for 6 s after the last (PROTOCOL.md §3). */

import type { Principal } from "./messages.ts";
import type { ClockPort } from "./ports.ts";
import { nameOf } from "./view.ts";

const REPEAT_MS = 3000;
const LAST_MS = 6000;

/** Says that this person types, no more often than needed. */
export class TypingSender {
  private readonly saidAt = new Map<string, number>();

  constructor(
    private readonly now: () => number,
    private readonly send: (channel: string, on: boolean) => void,
  ) {}

  /** Call at every key, and with `on` false once the text was sent or cleared. */
  typing(channel: string, on: boolean): void {
    const said = this.saidAt.get(channel);
    const fresh = said !== undefined && this.now() - said < (on ? REPEAT_MS : LAST_MS);
    if (on === fresh) return;
    if (on) this.saidAt.set(channel, this.now());
    else this.saidAt.delete(channel);
    this.send(channel, on);
  }
}

/** Remembers who types in one channel, and forgets them in time. */
export class TypingWatch {
  private readonly typists = new Map<string, { who: Principal; cancel: () => void }>();

  constructor(
    private readonly clock: ClockPort,
    private readonly changed: (typists: readonly Principal[]) => void,
  ) {}

  /** A signal came in. */
  heard(who: Principal, on: boolean): void {
    const name = nameOf(who);
    const before = this.typists.get(name);
    before?.cancel();
    if (!on) {
      if (this.typists.delete(name)) this.tell();
      return;
    }
    this.typists.set(name, {
      who,
      cancel: this.clock.after(LAST_MS, () => this.heard(who, false)),
    });
    if (!before) this.tell();
  }

  /** Nobody types: the channel is left. */
  clear(): void {
    for (const { cancel } of this.typists.values()) cancel();
    this.typists.clear();
  }

  private tell(): void {
    this.changed([...this.typists.values()].map(({ who }) => who));
  }
}

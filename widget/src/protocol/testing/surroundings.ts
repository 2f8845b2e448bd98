/** Clock, page and network in the hands of a test. */

import type { ClockPort, PagePort } from "../ports.ts";

export class ManualClock implements ClockPort {
  #now = 1_700_000_000_000;
  #timers: { at: number; call: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#now + milliseconds, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Let time pass; what falls due is called in order. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (;;) {
      await settle();
      const next = this.#timers.sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > until) break;
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.at);
      next.call();
    }
    this.#now = until;
    await settle();
  }
}

export class ManualPage implements PagePort {
  #online = true;
  #hidden = false;
  readonly #listeners = new Set<() => void>();

  online(): boolean {
    return this.#online;
  }

  hidden(): boolean {
    return this.#hidden;
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  become(state: { online?: boolean; hidden?: boolean }): void {
    this.#online = state.online ?? this.#online;
    this.#hidden = state.hidden ?? this.#hidden;
    for (const listener of this.#listeners) listener();
  }
}

/** Let everything that waits for nothing but its turn happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

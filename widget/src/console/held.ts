/** Keeps an agent in their conversations: visitors see them there, whatever is on the screen. */

import type { Client } from "../protocol/index.ts";

/** More than anybody has at once, and fewer than a connection may follow. */
const MOST = 100;

export class Held {
  private ids: ReadonlySet<string> = new Set();

  constructor(private readonly client: Pick<Client, "subscribe" | "unsubscribe">) {}

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** Follow these from here on, and no others; `open` is followed by whom shows it. */
  keep(ids: readonly string[], open: string | undefined): void {
    const next = new Set(ids.slice(0, MOST));
    for (const id of next) if (!this.ids.has(id)) this.client.subscribe(`conversation:${id}`);
    for (const id of this.ids) {
      if (!next.has(id) && id !== open) this.client.unsubscribe(`conversation:${id}`);
    }
    this.ids = next;
  }
}

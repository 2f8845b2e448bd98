/** How far this agent has looked into each conversation, for the unread marks. */

import { signal } from "@preact/signals";
import type { StoragePort } from "../protocol/index.ts";

const KEEP = 300;

export class Seen {
  readonly offsets = signal<ReadonlyMap<string, number>>(new Map());
  private readonly name: string;

  constructor(
    private readonly storage: StoragePort,
    agent: string,
  ) {
    this.name = `straks:seen:${agent}`;
    this.load();
    storage.watch((name) => {
      if (name === this.name) this.load();
    });
  }

  up(conversation: string, offset: number): void {
    const known = this.offsets.value.get(conversation) ?? 0;
    if (offset <= known) return;
    const offsets = new Map(this.offsets.value);
    offsets.delete(conversation);
    offsets.set(conversation, offset);
    this.offsets.value = new Map([...offsets].slice(-KEEP));
    this.storage.set(this.name, JSON.stringify([...this.offsets.value]));
  }

  unread(conversation: string, offset: number): boolean {
    return offset > (this.offsets.value.get(conversation) ?? 0);
  }

  private load(): void {
    try {
      const kept: unknown = JSON.parse(this.storage.get(this.name) ?? "[]");
      if (Array.isArray(kept)) this.offsets.value = new Map(kept as [string, number][]);
    } catch {
      this.offsets.value = new Map();
    }
  }
}

/** What was typed and not sent, per conversation: it survives reloads and ended sessions. */

import { signal } from "@preact/signals";
import type { StoragePort } from "../protocol/index.ts";

export type Mode = "reply" | "note";

export class Drafts {
  /** Ids of the conversations that have one. */
  readonly present = signal<ReadonlySet<string>>(new Set());
  private readonly prefix: string;

  constructor(
    private readonly storage: StoragePort,
    agent: string,
  ) {
    this.prefix = `straks:draft:${agent}:`;
    this.list();
    storage.watch((name) => {
      if (name.startsWith(this.prefix)) this.list();
    });
  }

  get(conversation: string, mode: Mode): string {
    return this.storage.get(this.name(conversation, mode)) ?? "";
  }

  set(conversation: string, mode: Mode, text: string): void {
    const name = this.name(conversation, mode);
    if (text) this.storage.set(name, text);
    else this.storage.remove(name);
    const has = Boolean(this.get(conversation, "reply") || this.get(conversation, "note"));
    if (has === this.present.value.has(conversation)) return;
    const present = new Set(this.present.value);
    if (has) present.add(conversation);
    else present.delete(conversation);
    this.present.value = present;
  }

  private list(): void {
    const names = this.storage.names(this.prefix);
    this.present.value = new Set(
      names.map((name) => name.slice(this.prefix.length).split(":")[0] ?? ""),
    );
  }

  private name(conversation: string, mode: Mode): string {
    return `${this.prefix}${conversation}:${mode}`;
  }
}

/** The canned replies, in the language of whom they are for. */

import { signal } from "@preact/signals";
import type { Api, CannedReply } from "./api.ts";

export class Replies {
  readonly current = signal<readonly CannedReply[]>([]);
  private readonly loaded = new Map<string, readonly CannedReply[]>();
  private wanted: string | undefined;

  constructor(private readonly api: Pick<Api, "canned">) {}

  /** Show those in a language; nothing given is whatever there is. */
  show(lang = ""): void {
    if (lang === this.wanted) return;
    this.wanted = lang;
    const known = this.loaded.get(lang);
    if (known) this.current.value = known;
    else void this.load(lang);
  }

  /** The answers were changed: what was loaded is old. */
  renew(): void {
    this.loaded.clear();
    if (this.wanted !== undefined) void this.load(this.wanted);
  }

  private async load(lang: string): Promise<void> {
    try {
      const replies = await this.api.canned(lang || undefined);
      this.loaded.set(lang, replies);
      if (lang === this.wanted) this.current.value = replies;
    } catch {
      // The menu goes on with those of before; the next conversation asks again.
      if (lang === this.wanted) this.wanted = undefined;
    }
  }
}

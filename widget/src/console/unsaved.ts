/** Answers that are being written: whatever was typed survives a reload, until it is saved. */

import { signal } from "@preact/signals";
import type { StoragePort } from "../protocol/index.ts";
import type { Version } from "./api.ts";

/** A new answer's key begins with this: it has no file yet. */
const NEW = "+";

/** Where an answer comes from: an agent's reply. */
export interface Origin {
  readonly conversation: string;
  readonly offset: number;
}

export interface Unsaved {
  readonly source: string;
  /** What it was changed from, with its version; a new one has neither. */
  readonly was?: string | undefined;
  readonly version?: Version | undefined;
  /** Of a new one, what its file is to be called. */
  readonly name?: string | undefined;
  readonly from?: Origin | undefined;
}

export function isNew(key: string): boolean {
  return key.startsWith(NEW);
}

export class UnsavedAnswers {
  /** The keys of all that there are: files, and new ones. */
  readonly keys = signal<readonly string[]>([]);
  private readonly prefix: string;

  constructor(
    private readonly storage: StoragePort,
    agent: string,
  ) {
    this.prefix = `straks:answer:${agent}:`;
    this.list();
    storage.watch((name) => {
      if (name.startsWith(this.prefix)) this.list();
    });
  }

  get(key: string): Unsaved | undefined {
    try {
      const kept: unknown = JSON.parse(this.storage.get(this.prefix + key) ?? "null");
      return isUnsaved(kept) ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  set(key: string, unsaved: Unsaved): void {
    this.storage.set(this.prefix + key, JSON.stringify(unsaved));
    if (!this.keys.value.includes(key)) this.list();
  }

  remove(key: string): void {
    this.storage.remove(this.prefix + key);
    this.list();
  }

  /** Begin a new answer; gives its key. */
  begin(unsaved: Unsaved): string {
    const key = NEW + Date.now().toString(36) + Math.random().toString(36).slice(2, 6);
    this.set(key, unsaved);
    return key;
  }

  private list(): void {
    const names = this.storage.names(this.prefix);
    this.keys.value = names.map((name) => name.slice(this.prefix.length)).sort();
  }
}

function isUnsaved(kept: unknown): kept is Unsaved {
  return typeof kept === "object" && kept !== null && typeof Object(kept).source === "string";
}

/** What one widget keeps in the page's storage, under names of its own. */

import type { StoragePort } from "../protocol/index.ts";

export interface Kept {
  /** The name of something in the storage. */
  name(what: string): string;
  get(what: string): string | undefined;
  /** Without a value it is forgotten. */
  set(what: string, value?: string): void;
}

export function keeper(storage: StoragePort, prefix: string): Kept {
  const name = (what: string) => `${prefix}:${what}`;
  return {
    name,
    get: (what) => storage.get(name(what)) || undefined,
    set(what, value) {
      if (value) storage.set(name(what), value);
      else storage.remove(name(what));
    },
  };
}

/** What is being filled in, of one form at a time. */
export function fillingIn<T>({ get, set }: Kept, form: string, values?: T): T | undefined {
  if (values) set("form", JSON.stringify([form, values]));
  try {
    const [at, kept] = JSON.parse(get("form") ?? "[]") as [string?, T?];
    if (at === form) return kept;
  } catch {
    // Whoever wrote it, it is none of ours.
  }
  return undefined;
}

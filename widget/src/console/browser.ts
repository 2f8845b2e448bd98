/** The browser as the protocol client sees it: storage, attention, locks. */

import {
  type Exclusively,
  inTurn,
  MemoryStorage,
  type PagePort,
  type StoragePort,
} from "../protocol/index.ts";

class LocalStorage implements StoragePort {
  constructor(private readonly store: Storage) {}

  get(name: string): string | undefined {
    return this.store.getItem(name) ?? undefined;
  }

  set(name: string, value: string): boolean {
    try {
      this.store.setItem(name, value);
      return true;
    } catch {
      return false;
    }
  }

  remove(name: string): void {
    this.store.removeItem(name);
  }

  names(prefix: string): string[] {
    return Object.keys(this.store).filter((name) => name.startsWith(prefix));
  }

  watch(listener: (name: string) => void): () => void {
    const heard = (event: StorageEvent) => {
      if (event.storageArea === this.store && event.key) listener(event.key);
    };
    addEventListener("storage", heard);
    return () => removeEventListener("storage", heard);
  }
}

/** What outlives the page; memory where the browser forbids it. */
export function browserStorage(): StoragePort {
  try {
    return new LocalStorage(localStorage);
  } catch {
    return new MemoryStorage();
  }
}

export const browserPage: PagePort = {
  online: () => navigator.onLine,
  hidden: () => document.visibilityState === "hidden",
  watch(listener) {
    const events: [EventTarget, string][] = [
      [window, "online"],
      [window, "offline"],
      [document, "visibilitychange"],
    ];
    for (const [target, name] of events) target.addEventListener(name, listener);
    return () => {
      for (const [target, name] of events) target.removeEventListener(name, listener);
    };
  },
};

/** One at a time over all tabs, or where there are no locks (plain http) over this one. */
export function browserLocks(): Exclusively {
  if (!navigator.locks) return inTurn();
  return (name, work) => navigator.locks.request(`straks:${name}`, work) as ReturnType<typeof work>;
}

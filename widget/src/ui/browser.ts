/** The browser's side of what a protocol client needs: storage, page state, locks over tabs. */

/** `localStorage`, or memory where the browser forbids it. */
export function browserStorage() {
  let store: Storage | undefined;
  try {
    store = globalThis.localStorage;
  } catch {
    store = undefined;
  }
  const memory = new Map<string, string>();
  return {
    get(name: string): string | undefined {
      const kept = memory.get(name);
      if (kept !== undefined) return kept;
      try {
        return store?.getItem(name) ?? undefined;
      } catch {
        return undefined;
      }
    },
    /** False when it is kept for the life of the page only. */
    set(name: string, value: string): boolean {
      try {
        if (store) {
          store.setItem(name, value);
          memory.delete(name);
          return true;
        }
      } catch {
        // Full or forbidden: memory is better than nothing.
      }
      memory.set(name, value);
      return false;
    },
    remove(name: string): void {
      memory.delete(name);
      try {
        store?.removeItem(name);
      } catch {
        // What could not be written need not be removed.
      }
    },
    names(prefix: string): string[] {
      const names = new Set([...memory.keys()]);
      try {
        for (const name of Object.keys(store ?? {})) names.add(name);
      } catch {
        // Forbidden: there is memory only.
      }
      return [...names].filter((name) => name.startsWith(prefix));
    },
    watch(listener: (name: string) => void): () => void {
      const changed = (event: StorageEvent) => {
        if (event.key !== null) listener(event.key);
      };
      addEventListener("storage", changed);
      return () => removeEventListener("storage", changed);
    },
  };
}

/** Is there a network, does anybody look. */
export const browserPage = {
  online: () => navigator.onLine,
  hidden: () => document.hidden,
  watch(listener: () => void): () => void {
    addEventListener("online", listener);
    addEventListener("offline", listener);
    // A page that comes back from the history is a page that somebody looks at.
    addEventListener("pageshow", listener);
    document.addEventListener("visibilitychange", listener);
    return () => {
      removeEventListener("online", listener);
      removeEventListener("offline", listener);
      removeEventListener("pageshow", listener);
      document.removeEventListener("visibilitychange", listener);
    };
  },
};

/** One piece of work at a time under a name, over all tabs; `alone` does so within this tab. */
export function overTabs(
  alone: <T>(name: string, work: () => Promise<T>) => Promise<T>,
): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  return async (name, work) => {
    if (!navigator.locks) return alone(name, work);
    let begun = false;
    const once = () => {
      begun = true;
      return work();
    };
    try {
      return (await navigator.locks.request(`straks:${name}`, once)) as Awaited<
        ReturnType<typeof work>
      >;
    } catch (error) {
      // Some browsers refuse locks where they refuse storage.
      if (begun) throw error;
      return alone(name, work);
    }
  };
}

/** The browser's side of what a protocol client needs: storage, page state, locks over tabs. */

/** Call `listener` at these events; returns how to stop. */
export function listen(
  target: EventTarget,
  events: readonly string[],
  listener: (event: Event) => void,
): () => void {
  const ended = new AbortController();
  for (const name of events) target.addEventListener(name, listener, { signal: ended.signal });
  return () => ended.abort();
}

/**
 * `localStorage`, or memory where the browser forbids it.
 *
 * What this page wrote it also remembers: a host page that clears the storage under us, at its own
 * sign-out perhaps, takes nothing out of an open conversation.
 */
export function browserStorage() {
  let store: Storage | undefined;
  try {
    store = globalThis.localStorage;
  } catch {
    store = undefined;
  }
  const memory = new Map<string, string>();
  /** What is newer in memory than in the store. */
  const unkept = new Set<string>();
  return {
    get(name: string): string | undefined {
      try {
        if (!unkept.has(name)) return store?.getItem(name) ?? memory.get(name);
      } catch {
        // Forbidden: there is memory only.
      }
      return memory.get(name);
    },
    /** False when it is kept for the life of the page only. */
    set(name: string, value: string): boolean {
      memory.set(name, value);
      unkept.delete(name);
      try {
        store?.setItem(name, value);
        if (store) return true;
      } catch {
        // Full or forbidden: memory is better than nothing.
      }
      unkept.add(name);
      return false;
    },
    remove(name: string): void {
      memory.delete(name);
      unkept.delete(name);
      try {
        store?.removeItem(name);
      } catch {
        // What could not be written need not be removed.
      }
    },
    names(prefix: string): string[] {
      const names = new Set(memory.keys());
      try {
        for (const name of Object.keys(store ?? {})) names.add(name);
      } catch {
        // Forbidden: there is memory only.
      }
      return [...names].filter((name) => name.startsWith(prefix));
    },
    watch(listener: (name: string) => void): () => void {
      const changed = (event: Event) => {
        const { key, newValue } = event as StorageEvent;
        if (key === null) return;
        if (newValue === null) memory.delete(key);
        listener(key);
      };
      return listen(window, ["storage"], changed);
    },
  };
}

/** Is there a network, does anybody look. */
export const browserPage = {
  online: () => navigator.onLine,
  hidden: () => document.hidden,
  watch(listener: () => void): () => void {
    // A page that comes back from the history is a page that somebody looks at.
    return listen(window, ["online", "offline", "pageshow", "visibilitychange"], listener);
  },
};

/**
 * One piece of work at a time under a name, over all tabs; `alone` does so within this tab.
 *
 * A tab that was put to sleep in the middle of its work holds the others up for `patience` only.
 */
export function overTabs(
  alone: <T>(name: string, work: () => Promise<T>) => Promise<T>,
  patience = 20_000,
): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  return async (name, work) => {
    if (!navigator.locks) return alone(name, work);
    let begun = false;
    const once = () => {
      begun = true;
      return work();
    };
    try {
      const signal = AbortSignal.timeout(patience);
      return (await navigator.locks.request(`straks:${name}`, { signal }, once)) as Awaited<
        ReturnType<typeof work>
      >;
    } catch (error) {
      // Waited for too long; or a browser that refuses locks where it refuses storage.
      if (begun) throw error;
      return alone(name, work);
    }
  };
}

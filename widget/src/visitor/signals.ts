/**
 * Values, and what follows from them: as much of signals as the widget needs, in a third of their
 * usual size. What is computed is computed when somebody reads it, and kept while nothing changed.
 */

export interface ReadonlySignal<T> {
  /** Whatever reads it here runs again when it is another. */
  readonly value: T;
  peek(): T;
}

export interface Signal<T> extends ReadonlySignal<T> {
  value: T;
}

/** Something that is read. */
interface Source {
  readonly readers: Set<Reader>;
  /** Counts how often it became another. */
  version: number;
  /** Make it what it has to be by now. */
  refresh(): void;
}

/** Something that reads: the sources that it read last, each as it was then. */
interface Reader {
  readonly sources: Map<Source, number>;
  /** One of its sources may be another. */
  stale(): void;
}

let reading: Reader | undefined;
let depth = 0;
const due = new Set<() => void>();

/** Work that counts as one change: what depends on it runs once, at the end. */
export function batch(work: () => void): void {
  depth += 1;
  try {
    work();
    // A set that grows while it is walked is walked to its new end.
    if (depth === 1) for (const run of due) if (due.delete(run)) run();
  } finally {
    depth -= 1;
  }
}

export function signal<T>(value: T): Signal<T> {
  const source = { readers: new Set<Reader>(), version: 0, refresh() {} };
  return {
    get value() {
      track(source);
      return value;
    },
    set value(next) {
      if (next === value) return;
      value = next;
      source.version += 1;
      batch(() => tell(source));
    },
    peek: () => value,
  };
}

export function computed<T>(make: () => T): ReadonlySignal<T> {
  let value: T;
  let fresh = false;
  const self: Source & Reader = {
    readers: new Set(),
    sources: new Map(),
    version: 0,
    stale() {
      if (!fresh) return;
      fresh = false;
      tell(self);
    },
    refresh() {
      if (fresh) return;
      if (!self.version || changed(self)) {
        const next = follow(self, make);
        if (!self.version || next !== value) self.version += 1;
        value = next;
      }
      fresh = true;
    },
  };
  const peek = () => {
    self.refresh();
    return value;
  };
  return {
    get value() {
      self.refresh();
      track(self);
      return value;
    },
    peek,
  };
}

/** Run `work` now and whenever what it read is another; what it returns is called before the next. */
export function effect(work: () => unknown): () => void {
  let cleanUp: unknown;
  const end = () => {
    if (typeof cleanUp === "function") cleanUp();
    cleanUp = undefined;
  };
  const run = () => {
    end();
    cleanUp = follow(self, work);
  };
  const again = () => {
    if (changed(self)) run();
  };
  const self: Reader = { sources: new Map(), stale: () => due.add(again) };
  batch(run);
  return () => {
    forget(self);
    due.delete(again);
    end();
  };
}

function track(source: Source): void {
  reading?.sources.set(source, source.version);
  if (reading) source.readers.add(reading);
}

function tell(source: Source): void {
  for (const reader of [...source.readers]) reader.stale();
}

function changed({ sources }: Reader): boolean {
  return [...sources].some(([source, version]) => {
    source.refresh();
    return source.version !== version;
  });
}

function forget(reader: Reader): void {
  for (const source of reader.sources.keys()) source.readers.delete(reader);
  reader.sources.clear();
}

function follow<T>(reader: Reader, work: () => T): T {
  const before = reading;
  forget(reader);
  reading = reader;
  try {
    return work();
  } finally {
    reading = before;
  }
}

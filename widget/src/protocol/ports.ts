/** What the client needs of its surroundings, so that it runs in a page and in a test alike. */

/** A small store of strings that outlives the page where it can. */
export interface StoragePort {
  get(name: string): string | undefined;
  /** Keep a value; false when it could not be kept. */
  set(name: string, value: string): boolean;
  remove(name: string): void;
  /** The names in it that begin with `prefix`. */
  names(prefix: string): string[];
  /** Call `listener` when another tab changed something; returns how to stop. */
  watch(listener: (name: string) => void): () => void;
}

/** The page around the client: is there a network, does anybody look. */
export interface PagePort {
  online(): boolean;
  hidden(): boolean;
  /** Call `listener` when either changed; returns how to stop. */
  watch(listener: () => void): () => void;
}

/** Time: `now` is wall-clock milliseconds, `after` calls once and returns how to cancel. */
export interface ClockPort {
  now(): number;
  after(milliseconds: number, call: () => void): () => void;
}

/** Runs one piece of work at a time under a name, over all tabs where the browser can. */
export type Exclusively = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** A socket as the connection sees it. */
export interface Wire {
  send(text: string): void;
  close(code?: number): void;
}

export interface WireEvents {
  open(): void;
  text(text: string): void;
  /** Called once; 1006 when there never was a connection. */
  close(code: number): void;
}

export type Dial = (url: string, subprotocol: string, events: WireEvents) => Wire;

export const systemClock: ClockPort = {
  now: () => Date.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A store that is gone with the page. */
export class MemoryStorage implements StoragePort {
  readonly #values = new Map<string, string>();

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  set(name: string, value: string): boolean {
    this.#values.set(name, value);
    return true;
  }

  remove(name: string): void {
    this.#values.delete(name);
  }

  names(prefix: string): string[] {
    return [...this.#values.keys()].filter((name) => name.startsWith(prefix));
  }

  watch(): () => void {
    return () => {};
  }
}

/** Within one page only: works under one name follow each other. */
export function inTurn(): Exclusively {
  const tails = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const next = (tails.get(name) ?? Promise.resolve()).then(work, work);
    tails.set(name, next);
    return next;
  };
}

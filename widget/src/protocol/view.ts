/** What is known of one channel: its newest entries, who reads, who types, who is there. */

import type { Entry, Position, Principal } from "./messages.ts";
import { endOf, isWhole, type Place, placeOf, START } from "./position.ts";

export type Change =
  | "entries" // new ones at the end
  | "older" // a page of history before them
  | "replaced" // the log is not what it seemed: everything is new
  | "live" // `live` or `ended` changed
  | "reads"
  | "presence"
  | "typing";

/** A channel as a user interface may show it; arrays and maps are replaced, never changed. */
export interface ChannelView {
  readonly channel: string;
  readonly entries: readonly Entry[];
  readonly position: Position;
  /** Everything that is appended arrives by itself. */
  readonly live: boolean;
  /** The log has entries before the first of `entries`. */
  readonly hasOlder: boolean;
  /** Why there is nothing more to come: `not_found`, `forbidden`, … */
  readonly ended: string | undefined;
  /** Up to which offset each principal (`kind:id`) has read. */
  readonly reads: ReadonlyMap<string, number>;
  readonly typing: readonly Principal[];
  readonly members: readonly Principal[];
  /** At least one agent is connected; undefined until the server said so. */
  readonly available: boolean | undefined;
}

/** A principal as a key: `kind:id`. */
export function nameOf(principal: Principal): string {
  return `${principal.kind}:${principal.id}`;
}

export class MutableView implements ChannelView {
  entries: readonly Entry[] = [];
  live = false;
  hasOlder = false;
  ended: string | undefined;
  reads: ReadonlyMap<string, number> = new Map();
  typing: readonly Principal[] = [];
  members: readonly Principal[] = [];
  available: boolean | undefined;
  /** How far this person has read, as last told to the server. */
  readUpTo = 0;
  /** A subscribe is under way: what is pushed meanwhile will be in its reply. */
  attaching = false;

  readonly #keep;

  constructor(
    readonly channel: string,
    public position: Position = START,
    keep = Number.POSITIVE_INFINITY,
  ) {
    this.#keep = keep;
  }

  /** Add a pushed entry if it is the next one; tell where it belongs. */
  push(entry: Entry): Place {
    const place = placeOf(entry, this.entries, this.position);
    if (place === "next") this.append([entry]);
    return place;
  }

  /** Add entries that follow; those already here are left out. */
  append(entries: readonly Entry[]): readonly Entry[] {
    const fresh = entries.filter((entry) => entry.offset > this.position.offset);
    if (fresh.length > 0) {
      this.entries = [...this.entries, ...fresh].slice(-this.#keep);
      this.position = endOf(fresh);
    }
    return fresh;
  }

  /** Begin anew with the latest page. */
  replace(entries: readonly Entry[], position: Position): void {
    this.entries = entries.slice(-this.#keep);
    this.position = position;
    this.hasOlder = (entries[0]?.offset ?? 1) > 1;
  }

  /** Put a page of history in front. */
  prepend(entries: readonly Entry[], more: boolean): void {
    const first = this.entries[0]?.offset ?? Number.POSITIVE_INFINITY;
    const joined = [...entries.filter((entry) => entry.offset < first), ...this.entries];
    // Another page of the same log may have come meanwhile.
    if (!isWhole(joined)) return;
    this.entries = joined;
    this.hasOlder = more;
  }

  /** Note how far somebody has read; false when that was known. */
  read(from: Principal, offset: number): boolean {
    const name = nameOf(from);
    if ((this.reads.get(name) ?? 0) >= offset) return false;
    this.reads = new Map(this.reads).set(name, offset);
    return true;
  }
}

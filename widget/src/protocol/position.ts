/** Where an entry belongs in a log that is partly known. */

import type { Entry, Position } from "./messages.ts";

/** Before the first entry of any log. */
export const START: Position = { offset: 0, id: "" };

/** `next` continues the log, `known` is in it already, `gap` leaves some out, `fork` contradicts it. */
export type Place = "next" | "known" | "gap" | "fork";

/** Place a pushed entry in a log whose newest entries are `entries` and which stands at `position`. */
export function placeOf(entry: Entry, entries: readonly Entry[], position: Position): Place {
  if (entry.offset === position.offset + 1) return "next";
  if (entry.offset > position.offset) return "gap";
  const first = entries[0]?.offset ?? Number.POSITIVE_INFINITY;
  const ours = entry.offset >= first ? entries[entry.offset - first]?.id : undefined;
  const known = entry.offset === position.offset ? position.id : ours;
  return known === undefined || known === entry.id ? "known" : "fork";
}

/** The position after the last of `entries`. */
export function endOf(entries: readonly Entry[]): Position {
  const last = entries[entries.length - 1];
  return last ? { offset: last.offset, id: last.id } : START;
}

/** Tell whether the offsets of `entries` rise by one. */
export function isWhole(entries: readonly Entry[]): boolean {
  return entries.every(
    (entry, at) => at === 0 || entry.offset === (entries[at - 1]?.offset ?? 0) + 1,
  );
}

/** Which answers helped the visitor (PROTOCOL.md §6, `feedback`). */

import type { Entry } from "./messages.ts";

/** By offset of the answer; of several about the same one the last counts. */
export function verdicts(said: readonly Pick<Entry, "kind" | "data">[]): Map<number, boolean> {
  const found = new Map<number, boolean>();
  for (const { kind, data } of said) {
    if (kind !== "feedback") continue;
    const { answer, helped } = data as { answer: number; helped: boolean };
    found.set(answer, helped);
  }
  return found;
}

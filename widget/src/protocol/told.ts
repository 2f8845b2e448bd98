/** What a visitor told beside messages, taken together (PROTOCOL.md §6). */

import type { Facts } from "./answers.ts";
import type { Entry } from "./messages.ts";

/** What says something: entries, or what is on its way to become one. */
export type Said = Pick<Entry, "kind" | "data">;

/** Which answers helped, by their offsets; of several about the same one the last counts. */
export function verdicts(said: readonly Said[]): Map<number, boolean> {
  return about(said, "feedback", "helped");
}

/** How many steps of each guide are done, by the offset of the answer that it is. */
export function stepsDone(said: readonly Said[]): Map<number, number> {
  return about(said, "step", "step");
}

/** What was filled in, by the offset of the answer that asked for it. */
export function filledIn(said: readonly Said[]): Map<number, Facts> {
  return about(said, "details", "fields");
}

/** What is known of the visitor by all this; the last word on each counts. */
export function factsIn(said: readonly Said[]): Facts {
  const facts: Record<string, string> = {};
  for (const { kind, data } of said) {
    if (kind === "message" || kind === "open") Object.assign(facts, data["known"]);
    else if (kind === "details") Object.assign(facts, data["fields"]);
    else if (kind === "contact") {
      const { email, name } = data as Facts;
      Object.assign(facts, email && { email }, name && { name });
    }
  }
  return facts;
}

function about<T>(said: readonly Said[], of: string, field: string): Map<number, T> {
  const found = new Map<number, T>();
  for (const { kind, data } of said) {
    if (kind === of && data["answer"]) found.set(data["answer"] as number, data[field] as T);
  }
  return found;
}

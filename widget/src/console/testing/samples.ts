/** Conversations and entries to test with. */

import type { Entry } from "../../protocol/index.ts";
import type { Summary } from "../summary.ts";

export function summary(id: string, more: Partial<Summary> = {}): Summary {
  return {
    id,
    state: "self_service",
    state_offset: 1,
    visitor: { id: `v-${id}` },
    team: "default",
    preview: "Hello",
    opened_at: 1000,
    updated_at: 1000,
    offset: 1,
    ...more,
  };
}

export function entry(offset: number, kind: string, more: Partial<Entry> = {}): Entry {
  const from = { kind: "visitor" as const, id: "v" };
  return { offset, id: `e${offset}`, at: offset * 1000, from, kind, data: {}, ...more };
}

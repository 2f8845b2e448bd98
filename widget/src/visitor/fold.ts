/** What a conversation is, folded from the entries that are known of it (PROTOCOL.md §5). */

import type { Entry, Principal } from "../protocol/index.ts";

export type Phase = "none" | "self_service" | "waiting" | "with_agent" | "closed";

export interface Folded {
  readonly state: Phase;
  /** Offset of the last entry that changed the state. */
  readonly stateOffset: number;
  /** Who has it, in `with_agent`. */
  readonly agent: Principal | undefined;
  /** False when the change that decides lies before the entries that are known. */
  readonly certain: boolean;
  /** What `reopen` goes back to. */
  readonly before: Pick<Folded, "state" | "agent"> | undefined;
}

const NOTHING: Folded = {
  state: "none",
  stateOffset: 0,
  agent: undefined,
  certain: false,
  before: undefined,
};

/** Fold a part of a log that begins anywhere and ends at its newest entry. */
export function fold(entries: readonly Entry[]): Folded {
  const start = { ...NOTHING, certain: (entries[0]?.offset ?? 1) === 1 };
  return entries.reduce(step, start);
}

function step(now: Folded, entry: Entry): Folded {
  const to = (state: Phase, agent?: Principal, certain = true): Folded => ({
    ...now,
    state,
    agent,
    stateOffset: entry.offset,
    certain: certain || now.certain,
  });
  switch (entry.kind) {
    case "message":
      if (now.state !== "none") return now;
      if (entry.offset === 1) return to("self_service");
      return entry.from.kind === "agent"
        ? { ...now, state: "with_agent", agent: entry.from }
        : { ...now, state: "self_service" };
    case "ask_human":
      return now.certain && now.state !== "self_service" ? now : to("waiting", undefined, false);
    case "accept":
      return to("with_agent", entry.from);
    case "transfer":
      return transferred(to, entry);
    case "close":
      return { ...to("closed"), before: now };
    case "reopen":
      return to(now.before?.state ?? "self_service", now.before?.agent, false);
    default:
      return now;
  }
}

function transferred(to: (state: Phase, agent?: Principal) => Folded, entry: Entry): Folded {
  const { agent, agent_name } = entry.data as { agent?: string; agent_name?: string };
  if (!agent) return to("waiting");
  return to("with_agent", { kind: "agent", id: agent, ...(agent_name && { name: agent_name }) });
}

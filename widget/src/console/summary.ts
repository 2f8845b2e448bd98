/** A conversation as the inbox shows it: names, order, which tab it belongs to. */

import type { Entry } from "../protocol/index.ts";
import { expertReasons } from "./known.ts";
import { t } from "./texts.ts";

export type State = "self_service" | "waiting" | "with_agent" | "closed";

export const TABS = ["waiting", "mine", "open", "closed"] as const;
export type Tab = (typeof TABS)[number];

/** The `conversation` entry of an inbox (PROTOCOL.md §6); times in ms. */
export interface Summary {
  readonly id: string;
  readonly state: State;
  readonly state_offset: number;
  readonly visitor: { readonly id: string; readonly name?: string; readonly email?: string };
  readonly agent?: { readonly id: string; readonly name?: string };
  readonly team: string;
  readonly preview: string;
  readonly lang?: string;
  readonly page?: { readonly url: string; readonly title?: string };
  readonly opened_at: number;
  readonly waiting_since?: number;
  readonly updated_at: number;
  readonly offset: number;
  /** Passed on as somebody who knows: why is said in the conversation. */
  readonly expert?: boolean;
}

/** Four characters that stay the same for the same id. */
function code(id: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return ((hash >>> 0) % 0x10000).toString(16).toUpperCase().padStart(4, "0");
}

/** What we call the visitor: a name, an e-mail address, or "Visitor 4F2A". */
export function visitorName(visitor: Summary["visitor"]): string {
  return visitor.name || visitor.email || t.visitor(code(visitor.id));
}

/** The agent's name, for those who have none their id. */
export function agentName(agent: { readonly id: string; readonly name?: string }): string {
  return agent.name || agent.id;
}

export function isMine(summary: Summary, me: string): boolean {
  return summary.state === "with_agent" && summary.agent?.id === me;
}

export function belongs(summary: Summary, tab: Tab, me: string): boolean {
  if (tab === "waiting") return summary.state === "waiting";
  if (tab === "mine") return isMine(summary, me);
  return (summary.state === "closed") === (tab === "closed");
}

/**
 * Experts come first among those who wait, then who waited longest; elsewhere what happened last
 * does. The server's pages have the same order.
 */
export function inOrder(tab: Tab): (a: Summary, b: Summary) => number {
  const tie = (a: Summary, b: Summary) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  if (tab === "waiting") {
    return (a, b) => turn(a) - turn(b) || waitingSince(a) - waitingSince(b) || tie(a, b);
  }
  return (a, b) => b.updated_at - a.updated_at || tie(a, b);
}

function turn(summary: Summary): number {
  return summary.expert ? 0 : 1;
}

export function waitingSince(summary: Summary): number {
  return summary.waiting_since ?? summary.updated_at;
}

/** The one that knows more; a summary may be coalesced, so both offsets count. */
export function newer(known: Summary | undefined, next: Summary): Summary {
  if (!known) return next;
  if (next.state_offset !== known.state_offset) {
    return next.state_offset > known.state_offset ? next : known;
  }
  return next.offset >= known.offset ? next : known;
}

/** The part of an address that tells people something: host and path. */
export function shortPage(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return host + (pathname === "/" ? "" : decodeURI(pathname));
  } catch {
    return url;
  }
}

type Mutable = { -readonly [K in keyof Summary]: Summary[K] };

function changeState(next: Mutable, entry: Entry, before: State): void {
  if (entry.kind === "accept") {
    next.state = "with_agent";
    next.agent = entry.from;
    delete next.waiting_since;
  } else if (entry.kind === "ask_human") {
    next.state = "waiting";
    next.waiting_since = entry.at;
  } else if (entry.kind === "close") {
    next.state = "closed";
    delete next.waiting_since;
  } else {
    next.state = before;
    if (before === "waiting") next.waiting_since = entry.at;
  }
  next.state_offset = entry.offset;
}

/**
 * What the entries of a conversation add to its summary, before the inbox tells it. A transfer
 * and a reopening of unknown past are left to the inbox.
 */
export function fold(summary: Summary, entries: readonly Entry[]): Summary {
  const next: Mutable = { ...summary };
  let before: State | undefined;
  for (const entry of entries) {
    const state = next.state;
    if (entry.kind === "contact" && entry.offset > summary.offset) {
      next.visitor = { ...next.visitor, ...contact(entry) };
    }
    if (entry.kind === "ask_human" && expertReasons(entry).length > 0) next.expert = true;
    const page = entry.data["page"] as Summary["page"];
    if (entry.kind === "message" && entry.from.kind === "visitor" && page) next.page = page;
    if (entry.offset <= next.state_offset) continue;
    if (entry.kind === "accept" && state !== "closed") changeState(next, entry, state);
    if (entry.kind === "ask_human" && state === "self_service") changeState(next, entry, state);
    if (entry.kind === "close" && state !== "closed") {
      before = state;
      changeState(next, entry, state);
    } else if (entry.kind === "reopen" && state === "closed" && before) {
      changeState(next, entry, before);
    }
  }
  return next;
}

function contact(entry: Entry): { name?: string; email?: string } {
  const { name, email } = entry.data;
  return {
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof email === "string" ? { email } : {}),
  };
}

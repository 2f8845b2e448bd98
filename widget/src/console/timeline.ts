/** One line of time out of a conversation's entries, the agents' notes, what is being sent. */

import {
  type ChannelView,
  type Entry,
  type OutboxItem,
  type Principal,
  verdicts,
} from "../protocol/index.ts";
import { expertReasons, labelOf, labels, progress, told } from "./known.ts";

export type Delivery = "sending" | "sent" | "read" | "failed";

export interface Item {
  /** The same for an item in the outbox and for its entry. */
  readonly key: string;
  readonly at: number;
  readonly offset: number;
  readonly from: Principal;
  readonly channel: "conversation" | "desk";
  readonly kind: string;
  readonly data: Entry["data"];
  /** Of my own messages and notes. */
  readonly delivery?: Delivery;
  readonly error?: string | undefined;
  /** Of an answer that the visitor judged. */
  readonly helped?: boolean | undefined;
  /** Of a wish for a person: the titles of the answers that did not help before it. */
  readonly inVain?: readonly string[] | undefined;
  /** Of a guide: how many of its steps are done. */
  readonly done?: number | undefined;
  /** Of details and contact: "Order number: 7". */
  readonly lines?: readonly string[] | undefined;
}

export interface Group {
  readonly key: string;
  /** The first of a new day. */
  readonly day: boolean;
  readonly items: readonly Item[];
}

/** Messages of one person closer than this share a heading. */
const TOGETHER_MS = 5 * 60_000;

type View = Pick<ChannelView, "entries" | "hasOlder">;

function fromEntry(entry: Entry, channel: Item["channel"], me: string, read: number): Item {
  const own = entry.from.kind === "agent" && entry.from.id === me;
  const { at, offset, from, kind, data } = entry;
  const item: Item = { key: entry.key ?? entry.id, at, offset, from, channel, kind, data };
  if (!own || (kind !== "message" && kind !== "note")) return item;
  return { ...item, delivery: channel === "conversation" && offset <= read ? "read" : "sent" };
}

function titleOf(answer: Entry): string {
  return String(answer.data["title"] ?? answer.data["answer"] ?? "");
}

/** Tell at answers whether they helped and how far one is, and at a wish for a person what did not. */
function judged(items: readonly Item[], entries: readonly Entry[]): Item[] {
  const helped = verdicts(entries);
  const done = progress(entries);
  const asked = labels(entries);
  const titles = new Map<number, string>();
  let since = 0;
  for (const entry of entries)
    if (entry.kind === "answer") titles.set(entry.offset, titleOf(entry));
  return items.flatMap((item) => {
    // What they say stands at the answer.
    if (item.kind === "feedback" || item.kind === "step") return [];
    if (item.kind === "answer") {
      return { ...item, helped: helped.get(item.offset), done: done.get(item.offset) };
    }
    if (item.kind === "details" || item.kind === "contact") {
      const lines = told(item).map(([name, value]) => `${labelOf(name, asked)}: ${value}`);
      return { ...item, lines };
    }
    if (item.kind !== "ask_human") return item;
    const before = entries.filter(({ offset }) => offset > since && offset < item.offset);
    since = item.offset;
    const inVain = [...verdicts(before)].flatMap(([answer, good]) =>
      good ? [] : (titles.get(answer) ?? []),
    );
    return { ...item, inVain };
  });
}

function fromOutbox(item: OutboxItem, channel: Item["channel"], me: Principal): Item {
  const { key, at, kind, data, error } = item;
  const delivery = item.state === "failed" ? "failed" : "sending";
  const offset = Number.POSITIVE_INFINITY;
  return { key, at, offset, from: me, channel, kind, data, delivery, error };
}

/** Merge two lists that rise in time; neither's own order changes. */
function merge(a: readonly Item[], b: readonly Item[]): Item[] {
  const merged: Item[] = [];
  let j = 0;
  for (const item of a) {
    for (let next = b[j]; next && next.at < item.at; next = b[j]) {
      merged.push(next);
      j += 1;
    }
    merged.push(item);
  }
  return merged.concat(b.slice(j));
}

/** Of what stands on the desk, what the conversation does not say by itself. */
function unsaid(desk: readonly Entry[], said: readonly Entry[]): readonly Entry[] {
  // Why somebody was passed on as an expert is told in both: it is read where it happened.
  const reasons = said.map((entry) => expertReasons(entry).join("; ")).filter(Boolean);
  return desk.filter(
    ({ kind, data }) =>
      kind !== "assign_reason" || !reasons.some((each) => String(data["text"]).includes(each)),
  );
}

/**
 * Everything to show, oldest first. Notes from before the first message that is loaded wait
 * until the messages around them are. `read` is how far the visitor has read.
 */
export function timeline(
  conversation: View,
  desk: View,
  outbox: readonly OutboxItem[],
  me: Principal,
  read: number,
): Item[] {
  const start = conversation.hasOlder ? (conversation.entries[0]?.at ?? 0) : 0;
  const { entries } = conversation;
  const said = judged(
    entries.map((entry) => fromEntry(entry, "conversation", me.id, read)),
    entries,
  );
  const noted = unsaid(desk.entries, entries)
    .filter((entry) => entry.at >= start)
    .map((entry) => fromEntry(entry, "desk", me.id, 0));
  const here = new Set([...said, ...noted].map((item) => item.key));
  const going = outbox
    .filter((item) => item.state !== "sent" || !here.has(item.key))
    .filter((item) => !here.has(item.key) && (item.kind === "message" || item.kind === "note"))
    .map((item) => fromOutbox(item, item.channel.startsWith("desk:") ? "desk" : "conversation", me))
    .sort((a, b) => a.at - b.at);
  return [...merge(said, noted), ...going];
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

const BUBBLES = new Set(["message", "answer", "note"]);

/** Whether an item is something said, rather than something that happened. */
export function isBubble(item: Item): boolean {
  return BUBBLES.has(item.kind) && !(item.kind === "answer" && !item.data["answer"]);
}

function belongsTo(last: Item, next: Item): boolean {
  return (
    isBubble(last) &&
    isBubble(next) &&
    last.kind === next.kind &&
    last.from.kind === next.from.kind &&
    last.from.id === next.from.id &&
    next.at - last.at < TOGETHER_MS &&
    sameDay(last.at, next.at)
  );
}

/** Runs of what one person said. */
export function grouped(items: readonly Item[]): Group[] {
  const groups: { key: string; day: boolean; items: Item[] }[] = [];
  let last: Item | undefined;
  for (const item of items) {
    const group = groups.at(-1);
    if (last && group && belongsTo(last, item)) group.items.push(item);
    else {
      const day = !last || !sameDay(last.at, item.at);
      groups.push({ key: item.key, day, items: [item] });
    }
    last = item;
  }
  return groups;
}

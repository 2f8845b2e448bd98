/** A conversation as rows to show: days, what happened, messages in groups. */

import {
  type AnswerData,
  type Entry,
  type Facts,
  filledIn,
  type OutboxItem,
  type OutboxState,
  type Principal,
  stepsDone,
  verdicts,
} from "../protocol/index.ts";
import { sameDay } from "../ui/time.ts";

export type Delivery = "sending" | "sent" | "read" | "failed";

/** A form that the visitor has filled in. */
export interface Filled {
  readonly fields: Facts;
  readonly state: OutboxState;
  /** Once it failed: why, and under which key it lies. */
  readonly error?: string | undefined;
  readonly key?: string;
}

export interface MessageRow {
  readonly type: "message";
  readonly key: string;
  readonly at: number;
  readonly own: boolean;
  readonly from?: Principal | undefined;
  readonly text: string;
  readonly html?: string | undefined;
  readonly title?: string | undefined;
  /** Where the answer is among the pages of the help centre. */
  readonly page?: string | undefined;
  /** The bot does not know: it says so and offers a person. */
  readonly unknown?: boolean;
  /** What an answer carries, and its offset. */
  readonly data?: AnswerData | undefined;
  readonly offset: number;
  /** Steps of the guide that are done. */
  readonly done: number;
  readonly filled?: Filled | undefined;
  /** Offset of an answer that can be judged. */
  readonly answer?: number | undefined;
  /** What the visitor said of it. */
  readonly helped?: boolean | undefined;
  /** Own messages only. */
  readonly delivery?: Delivery | undefined;
  readonly error?: string | undefined;
  /** First and last of a group by one sender. */
  first: boolean;
  last: boolean;
}

export type EventName =
  | "asked"
  | "passed"
  | "joined"
  | "moved"
  | "closed"
  | "closedBy"
  | "reopened"
  | "contact";

export interface EventRow {
  readonly type: "event";
  readonly key: string;
  readonly at: number;
  readonly event: EventName;
  readonly values: Readonly<Record<string, string>>;
}

export interface DayRow {
  readonly type: "day";
  readonly key: string;
  readonly at: number;
}

export type Row = MessageRow | EventRow | DayRow;

/** The tag of the answer to a mere greeting, which has nothing to help with. */
const GREETING = "greeting";

/** Messages of one sender within so many milliseconds stand together. */
const TOGETHER_MS = 5 * 60_000;

/** Make the rows; `readTo` is the offset up to which an agent has read. */
export function rowsOf(
  entries: readonly Entry[],
  outbox: readonly OutboxItem[],
  readTo: number,
): Row[] {
  const known = new Set(entries.flatMap((entry) => entry.key ?? []));
  const waiting = outbox.filter((item) => !known.has(item.key));
  const said = [...entries, ...waiting.filter((item) => item.state !== "failed")];
  const told: Told = {
    readTo,
    helped: verdicts(said),
    done: stepsDone(said),
    filled: forms(entries, waiting),
  };
  const rows = [
    ...entries.flatMap((entry, at) => ofEntry(entry, told, entries[at - 1]?.kind) ?? []),
    ...waiting.flatMap((item) => ofItem(item) ?? []),
  ];
  return grouped(withDays(rows));
}

/** What was told of entries, by their offsets. */
interface Told {
  readonly readTo: number;
  readonly helped: ReadonlyMap<number, boolean>;
  readonly done: ReadonlyMap<number, number>;
  readonly filled: ReadonlyMap<number, Filled>;
}

function forms(entries: readonly Entry[], waiting: readonly OutboxItem[]): Map<number, Filled> {
  const found = new Map<number, Filled>();
  for (const [at, fields] of filledIn(entries)) found.set(at, { fields, state: "sent" });
  for (const { kind, data, state, error, key } of waiting) {
    const { answer, fields } = data as { answer?: number; fields: Facts };
    if (kind === "details" && answer) found.set(answer, { fields, state, error, key });
  }
  return found;
}

/** The last thing that was said. */
export function lastMessage(rows: readonly Row[]): Row | undefined {
  return rows.filter((row) => row.type === "message").at(-1);
}

/** The last answer that can be judged. */
export function lastAnswer(rows: readonly Row[]): Row | undefined {
  return rows.filter((row) => row.type === "message" && row.answer).at(-1);
}

function ofEntry(
  entry: Entry,
  told: Told,
  before: string | undefined,
): MessageRow | EventRow | undefined {
  const { from, at, kind, offset } = entry;
  const key = entry.key ?? entry.id;
  const data = entry.data as Record<string, string | null | undefined>;
  const { tags } = entry.data as { tags?: readonly string[] };
  if (kind === "message" || kind === "answer") {
    const own = from.kind === "visitor";
    // A hello has nothing to judge, and no page.
    const answer = !tags?.includes(GREETING) && data["answer"];
    return {
      ...message(key, at, own, data["text"] ?? ""),
      from,
      html: data["html"] ?? undefined,
      title: data["title"] ?? undefined,
      page: answer ? `${data["lang"]}/${answer}` : undefined,
      unknown: kind === "answer" && !data["answer"] && !data["text"],
      data: kind === "answer" ? (entry.data as unknown as AnswerData) : undefined,
      offset,
      done: told.done.get(offset) ?? 0,
      filled: told.filled.get(offset),
      answer: answer ? offset : undefined,
      helped: told.helped.get(offset),
      delivery: own ? (offset <= told.readTo ? "read" : "sent") : undefined,
    };
  }
  const event = (name: EventName, values: Record<string, string> = {}): EventRow => ({
    type: "event",
    key: entry.id,
    at,
    event: name,
    values,
  });
  const name = from.name ?? "";
  // The visitor's words and the button both ask for a person, one right after the other.
  if (kind === "ask_human" && before !== kind) {
    return event(data["expert"] && from.kind !== "visitor" ? "passed" : "asked");
  }
  if (kind === "accept") return event("joined", { name });
  if (kind === "transfer") return event("moved");
  if (kind === "close")
    return from.kind === "agent" && name ? event("closedBy", { name }) : event("closed");
  if (kind === "reopen") return event("reopened");
  if (kind === "contact" && data["email"]) return event("contact", { email: data["email"] });
  return undefined;
}

function ofItem(item: OutboxItem): MessageRow | undefined {
  if (item.kind !== "message" && item.kind !== "open") return undefined;
  const { text } = item.data as { text?: string };
  return {
    ...message(item.key, item.at, true, text ?? ""),
    delivery: item.state,
    error: item.error,
  };
}

function message(key: string, at: number, own: boolean, text: string): MessageRow {
  return {
    type: "message",
    key,
    at,
    own,
    text,
    offset: 0,
    done: 0,
    first: true,
    last: true,
  };
}

function withDays(rows: readonly (MessageRow | EventRow)[]): Row[] {
  const all: Row[] = [];
  let before: number | undefined;
  for (const row of rows) {
    if (before === undefined || !sameDay(before, row.at)) {
      all.push({ type: "day", key: `day ${new Date(row.at).toDateString()}`, at: row.at });
    }
    before = row.at;
    all.push(row);
  }
  return all;
}

function grouped(rows: Row[]): Row[] {
  rows.forEach((row, at) => {
    const before = rows[at - 1];
    if (row.type !== "message" || before?.type !== "message") return;
    if (!together(before, row)) return;
    row.first = false;
    // What is not yet where its neighbour is says so itself.
    before.last = before.own && before.delivery !== row.delivery;
  });
  return rows;
}

function together(a: MessageRow, b: MessageRow): boolean {
  const same = a.own ? b.own : a.from?.kind === b.from?.kind && a.from?.id === b.from?.id && !b.own;
  return same && b.at - a.at < TOGETHER_MS && a.delivery !== "failed";
}

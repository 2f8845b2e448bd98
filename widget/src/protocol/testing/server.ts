/** A server of one page of code: logs, keys, fork-proof resume. Tests break it on purpose. */

import type { Answer, ClientMessage, Data, Entry, Principal, ServerMessage } from "../messages.ts";
import type { Dial, WireEvents } from "../ports.ts";

export const VISITOR: Principal = { kind: "visitor", id: "v1" };
export const ANNA: Principal = { kind: "agent", id: "a1", name: "Anna" };
export const CHANNEL = "conversation:c1";

const LIMITS = {
  frame: 65536,
  text: 10000,
  depth: 8,
  subscriptions: 100,
  page: 50,
  publish_rate: 20,
  publish_burst: 60,
};

interface Connection {
  readonly events: WireEvents;
  readonly channels: Set<string>;
  open: boolean;
}

export class MemoryServer {
  readonly logs = new Map<string, Entry[]>();
  /** Everything that clients sent, as it came. */
  readonly heard: ClientMessage[] = [];
  /** Answers instead of the server: a frame, `mute` (never answers), or undefined (as usual). */
  meddle: (frame: ClientMessage) => ServerMessage | "mute" | undefined = () => undefined;
  /** Nobody can connect. */
  down = false;
  page = 50;
  /** An agent is connected. */
  available = true;
  token: string | undefined = "token-1";
  /** What fits every text. */
  answers: Answer[] = [];

  #connections: Connection[] = [];
  #ids = 0;

  readonly dial: Dial = (_url, _subprotocol, events) => {
    const connection: Connection = { events, channels: new Set(), open: true };
    queueMicrotask(() => {
      if (this.down) this.#close(connection, 1006);
      else {
        this.#connections.push(connection);
        events.open();
      }
    });
    return {
      send: (text) => {
        if (connection.open) this.#take(connection, JSON.parse(text) as ClientMessage);
      },
      close: (code = 1000) => queueMicrotask(() => this.#close(connection, code)),
    };
  };

  get connected(): number {
    return this.#connections.length;
  }

  of<T extends ClientMessage["type"]>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.heard.filter((frame) => frame.type === type) as never;
  }

  /** Break every connection. */
  drop(code = 1006): void {
    for (const connection of [...this.#connections]) this.#close(connection, code);
  }

  /** Send a frame to everybody. */
  push(frame: ServerMessage): void {
    for (const each of this.#connections) this.#send(each, frame);
  }

  append(channel: string, from: Principal, kind: string, data: Data, key?: string): Entry {
    const log = this.logs.get(channel) ?? [];
    this.logs.set(channel, log);
    this.#ids += 1;
    const entry: Entry = {
      offset: log.length + 1,
      id: `e${this.#ids}`,
      at: 1_700_000_000_000 + this.#ids,
      from,
      kind,
      data,
      ...(key !== undefined && { key }),
    };
    log.push(entry);
    for (const each of this.#connections) {
      if (each.channels.has(channel)) this.#send(each, { type: "entry", channel, entry });
    }
    return entry;
  }

  /** Append without telling anybody: a push that got lost. */
  appendSilently(channel: string, from: Principal, kind: string, data: Data): Entry {
    const all = this.#connections;
    this.#connections = [];
    const entry = this.append(channel, from, kind, data);
    this.#connections = all;
    return entry;
  }

  #close(connection: Connection, code: number): void {
    if (!connection.open) return;
    connection.open = false;
    this.#connections = this.#connections.filter((each) => each !== connection);
    connection.events.close(code);
  }

  #send(connection: Connection, frame: ServerMessage): void {
    const text = JSON.stringify(frame);
    queueMicrotask(() => {
      if (connection.open) connection.events.text(text);
    });
  }

  #take(connection: Connection, frame: ClientMessage): void {
    this.heard.push(frame);
    const answer = this.meddle(frame) ?? this.#answer(connection, frame);
    if (answer && answer !== "mute") this.#send(connection, answer);
  }

  #answer(connection: Connection, frame: ClientMessage): ServerMessage | undefined {
    switch (frame.type) {
      case "hello":
        return {
          type: "welcome",
          id: frame.id,
          session: "s",
          principal: VISITOR,
          heartbeat: 30,
          limits: LIMITS,
          ...(this.token !== undefined && { token: this.token }),
        };
      case "open":
        return this.#publish(frame.id, CHANNEL, frame.key, "message", frame.data, "opened");
      case "publish":
        return this.#publish(frame.id, frame.channel, frame.key, frame.kind, frame.data);
      case "subscribe":
        return this.#subscribe(connection, frame.id, frame.channel, frame.after);
      case "history":
        return this.#history(frame.id, frame.channel, frame.before, frame.after);
      case "unsubscribe":
        connection.channels.delete(frame.channel);
        return { type: "unsubscribed", id: frame.id, channel: frame.channel };
      case "presence":
        return {
          type: "presence",
          id: frame.id,
          channel: frame.channel,
          members: [VISITOR],
          available: this.available,
        };
      case "ask":
        return { type: "answers", id: frame.id, answers: this.answers };
      default:
        return undefined;
    }
  }

  #publish(
    id: number,
    channel: string,
    key: string,
    kind: string,
    data: Data,
    type: "opened" | "published" = "published",
  ): ServerMessage {
    const before = this.logs.get(channel)?.find((entry) => entry.key === key);
    const entry = before ?? this.append(channel, VISITOR, kind, data, key);
    const { offset, id: entry_id } = entry;
    return { type, id, channel, offset, entry_id, duplicate: before !== undefined };
  }

  #subscribe(
    connection: Connection,
    id: number,
    channel: string,
    after?: { offset: number; id: string },
  ): ServerMessage {
    const log = this.logs.get(channel);
    if (!log) return { type: "error", id, code: "not_found", message: "no such channel" };
    const recovered = after !== undefined && log[after.offset - 1]?.id === after.id;
    const rest = recovered ? log.slice(after.offset) : log.slice(-this.page);
    const entries = rest.slice(0, this.page);
    const more = entries.length < rest.length;
    if (!more) connection.channels.add(channel);
    const last = entries.at(-1) ?? log.at(-1);
    const position = { offset: last?.offset ?? 0, id: last?.id ?? "" };
    return { type: "subscribed", id, channel, recovered, entries, position, more };
  }

  #history(id: number, channel: string, before?: number, after?: number): ServerMessage {
    const log = this.logs.get(channel) ?? [];
    if (before !== undefined) {
      const from = Math.max(0, before - 1 - this.page);
      return { type: "history", id, entries: log.slice(from, before - 1), more: from > 0 };
    }
    const from = after ?? 0;
    const entries = log.slice(from, from + this.page);
    return { type: "history", id, entries, more: from + entries.length < log.length };
  }
}

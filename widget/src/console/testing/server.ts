/** A server for tests: the real client talks to it over a wire that is a pair of functions. */

import {
  Client,
  type ClientEvents,
  type Dial,
  type Entry,
  type ErrorFrame,
  inTurn,
  MemoryStorage,
  type Principal,
  type ServerMessage,
  type StoragePort,
  systemClock,
} from "../../protocol/index.ts";

type Frame = { type: string; id: number; channel: string } & Record<string, unknown>;
type Refusal = Omit<ErrorFrame, "type" | "id">;

export const ANNA = { id: "anna", name: "Anna", email: "anna@shop.example" };
const LIMITS = {
  frame: 65536,
  text: 8000,
  depth: 8,
  subscriptions: 100,
  page: 50,
  publish_rate: 100,
  publish_burst: 100,
};

/** Lets everything that is under way in promises happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

export class ScriptedServer {
  readonly logs = new Map<string, Entry[]>();
  readonly heard: Frame[] = [];
  /** What the next publish of a kind is refused with. */
  readonly refusals = new Map<string, Refusal>();
  /** Answers instead of the server. */
  meddle: (frame: Frame) => ServerMessage | undefined = () => undefined;
  private text: (text: string) => void = () => {};
  private serial = 0;

  /** Add an entry; subscribers hear of it. */
  append(channel: string, kind: string, from: Principal, data = {}, key?: string): Entry {
    const log = this.logs.get(channel) ?? [];
    this.serial += 1;
    const entry: Entry = {
      offset: log.length + 1,
      id: `e${this.serial}`,
      at: 1_700_000_000_000 + this.serial * 1000,
      from,
      kind,
      data,
      ...(key ? { key } : {}),
    };
    this.logs.set(channel, [...log, entry]);
    this.say({ type: "entry", channel, entry });
    return entry;
  }

  say(message: ServerMessage): void {
    this.text(JSON.stringify(message));
  }

  readonly dial: Dial = (_url, _subprotocol, events) => {
    this.text = (text) => events.text(text);
    queueMicrotask(() => events.open());
    return {
      send: (text) => queueMicrotask(() => this.receive(JSON.parse(text))),
      close: () => {},
    };
  };

  private receive(frame: Frame): void {
    this.heard.push(frame);
    const instead = this.meddle(frame);
    if (instead) {
      this.say(instead);
      return;
    }
    const { id, channel } = frame;
    if (frame.type === "hello") {
      const principal = { kind: "agent" as const, id: ANNA.id, name: ANNA.name };
      this.say({ type: "welcome", id, session: "s", principal, heartbeat: 30, limits: LIMITS });
    } else if (frame.type === "subscribe") this.subscribed(frame);
    else if (frame.type === "publish") this.published(frame);
    else if (frame.type === "presence") {
      this.say({ type: "presence", id, channel, members: [], available: true });
    } else if (frame.type === "unsubscribe") this.say({ type: "unsubscribed", id, channel });
  }

  private subscribed({ id, channel }: Frame): void {
    const entries = this.logs.get(channel) ?? [];
    const last = entries.at(-1);
    const position = last ? { offset: last.offset, id: last.id } : { offset: 0, id: "" };
    const recovered = false;
    this.say({ type: "subscribed", id, channel, recovered, entries, position, more: false });
  }

  private published(frame: Frame): void {
    const { id, channel } = frame;
    const kind = String(frame["kind"]);
    const refusal = this.refusals.get(kind);
    this.refusals.delete(kind);
    if (refusal) {
      this.say({ type: "error", id, ...refusal });
      return;
    }
    const from = { kind: "agent" as const, id: ANNA.id, name: ANNA.name };
    const entry = this.append(channel, kind, from, frame["data"] as object, String(frame["key"]));
    const { offset } = entry;
    this.say({ type: "published", id, channel, offset, entry_id: entry.id, duplicate: false });
  }
}

/** A client that is connected to `server`. */
export async function connected(
  server: ScriptedServer,
  events: ClientEvents = {},
  storage: StoragePort = new MemoryStorage(),
): Promise<Client> {
  const client = new Client({
    url: "ws://test/v1/socket",
    token: () => "token",
    name: "test",
    storage,
    dial: server.dial,
    clock: systemClock,
    page: { online: () => true, hidden: () => false, watch: () => () => {} },
    exclusively: inTurn(),
    events,
  });
  client.start();
  await settle();
  return client;
}

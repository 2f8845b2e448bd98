/** The frames of the wire, with the names that PROTOCOL.md gives them. */

export type PrincipalKind = "visitor" | "agent" | "app" | "server";

/** Who acts. */
export interface Principal {
  readonly kind: PrincipalKind;
  readonly id: string;
  readonly name?: string;
}

/** Where a subscriber stands in a log; offset 0 is before its first entry. */
export interface Position {
  readonly offset: number;
  readonly id: string;
}

export type Data = Readonly<Record<string, unknown>>;

/** One item of a channel's log. `at` is milliseconds since 1970-01-01 UTC. */
export interface Entry {
  readonly offset: number;
  readonly id: string;
  readonly at: number;
  readonly from: Principal;
  readonly kind: string;
  readonly data: Data;
  /** The sender's own key: only in what its sender reads. */
  readonly key?: string;
}

/** What the server takes: sizes in bytes or characters, rates per second. */
export interface Limits {
  readonly frame: number;
  readonly text: number;
  readonly depth: number;
  readonly subscriptions: number;
  readonly page: number;
  readonly publish_rate: number;
  readonly publish_burst: number;
}

// --- client to server ---

export interface Hello {
  readonly type: "hello";
  readonly id: number;
  readonly token?: string | undefined;
}

export interface Open {
  readonly type: "open";
  readonly id: number;
  readonly key: string;
  readonly data: Data;
}

export interface Subscribe {
  readonly type: "subscribe";
  readonly id: number;
  readonly channel: string;
  readonly after?: Position | undefined;
  readonly limit?: number | undefined;
}

export interface Unsubscribe {
  readonly type: "unsubscribe";
  readonly id: number;
  readonly channel: string;
}

export interface Publish {
  readonly type: "publish";
  readonly id: number;
  readonly channel: string;
  readonly key: string;
  readonly kind: string;
  readonly data: Data;
  readonly expect?: number | undefined;
}

export interface Signal {
  readonly type: "signal";
  readonly channel: string;
  readonly kind: string;
  readonly data?: Data | undefined;
}

export interface Read {
  readonly type: "read";
  readonly channel: string;
  readonly offset: number;
}

export interface History {
  readonly type: "history";
  readonly id: number;
  readonly channel: string;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

export interface Presence {
  readonly type: "presence";
  readonly id: number;
  readonly channel: string;
}

export interface Ask {
  readonly type: "ask";
  readonly id: number;
  readonly text: string;
  readonly lang?: string | undefined;
}

export interface Pong {
  readonly type: "pong";
}

export type Request = Hello | Open | Subscribe | Unsubscribe | Publish | History | Presence | Ask;
export type ClientMessage = Request | Signal | Read | Pong;

// --- server to client ---

export interface Welcome {
  readonly type: "welcome";
  readonly id: number;
  readonly session: string;
  readonly principal: Principal;
  readonly heartbeat: number;
  readonly limits: Limits;
  readonly token?: string;
}

export interface Opened {
  readonly type: "opened";
  readonly id: number;
  readonly channel: string;
  readonly offset: number;
  readonly entry_id: string;
  readonly duplicate: boolean;
}

export interface Subscribed {
  readonly type: "subscribed";
  readonly id: number;
  readonly channel: string;
  readonly recovered: boolean;
  readonly entries: readonly Entry[];
  readonly position: Position;
  readonly more: boolean;
}

/** The reply to `unsubscribe` (with `id`), or a push that a subscription ended (with `code`). */
export interface Unsubscribed {
  readonly type: "unsubscribed";
  readonly channel: string;
  readonly id?: number;
  readonly code?: string;
}

export interface Published {
  readonly type: "published";
  readonly id: number;
  readonly channel: string;
  readonly offset: number;
  readonly entry_id: string;
  readonly duplicate: boolean;
}

export interface HistoryPage {
  readonly type: "history";
  readonly id: number;
  readonly entries: readonly Entry[];
  readonly more: boolean;
}

/** Who is here: the reply to `presence` (with `id`), or a push that it changed. */
export interface PresencePush {
  readonly type: "presence";
  readonly channel: string;
  readonly members: readonly Principal[];
  readonly available: boolean;
  readonly id?: number;
}

export interface Answer {
  readonly answer: string;
  readonly title: string;
  readonly score: number;
}

export interface Answers {
  readonly type: "answers";
  readonly id: number;
  readonly answers: readonly Answer[];
}

export interface EntryPush {
  readonly type: "entry";
  readonly channel: string;
  readonly entry: Entry;
}

export interface SignalPush {
  readonly type: "signal";
  readonly channel: string;
  readonly from: Principal;
  readonly kind: string;
  readonly data: Data;
}

export interface ReadPush {
  readonly type: "read";
  readonly channel: string;
  readonly from: Principal;
  readonly offset: number;
}

export interface Ping {
  readonly type: "ping";
}

export interface Closing {
  readonly type: "closing";
  readonly code: number;
  readonly reconnect_after: number;
}

export interface ErrorFrame {
  readonly type: "error";
  readonly code: string;
  readonly message: string;
  readonly id?: number;
  readonly retry_after?: number;
  /** With `already_taken`: who has the conversation. */
  readonly by?: Principal;
  /** With `conflict` and `already_taken`: the offset to expect next time. */
  readonly state_offset?: number;
}

export type Reply =
  | Welcome
  | Opened
  | Subscribed
  | Unsubscribed
  | Published
  | HistoryPage
  | PresencePush
  | Answers;
export type ServerMessage = Reply | EntryPush | SignalPush | ReadPush | Ping | Closing | ErrorFrame;

/** What each request is answered with. */
export interface ReplyTo {
  hello: Welcome;
  open: Opened;
  subscribe: Subscribed;
  unsubscribe: Unsubscribed;
  publish: Published;
  history: HistoryPage;
  presence: PresencePush;
  ask: Answers;
}

/** A request as a caller states it: the session gives it its id. */
export type Unnumbered<T extends Request> = T extends Request ? Omit<T, "id"> : never;

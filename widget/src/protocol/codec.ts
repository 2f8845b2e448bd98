/** Frames to JSON text and back, checked on the way in. */

import type { ClientMessage, ServerMessage } from "./messages.ts";

export const SUBPROTOCOL = "straks.v1.json";

/** A frame that cannot be read; `code` is one of PROTOCOL.md §7. */
export class CodecError extends Error {
  constructor(
    readonly code: "bad_frame" | "unknown_type" | "bad_field",
    /** The frame and its field. */
    message?: string,
  ) {
    super(message);
    this.name = "CodecError";
  }
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const isSeconds: Check = (value) => typeof value === "number" && value >= 0;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isId: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const isObject: Check = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const shape =
  (fields: Record<string, Check>): Check =>
  (value) =>
    isObject(value) && faultIn(value as Record<string, unknown>, fields) === undefined;

const isKind: Check = (value) => /^(visitor|agent|app|server)$/.test(String(value));
const isPrincipal = shape({ kind: isKind, id: isText, "name?": isText });
const isPosition = shape({ offset: isCount, id: isText });
const isEntry = shape({
  offset: isId,
  id: isText,
  at: isCount,
  from: isPrincipal,
  kind: isText,
  data: isObject,
  "key?": isText,
});
const placed = { id: isId, channel: isText, offset: isId, entry_id: isText, duplicate: isFlag };

const FRAMES: Record<ServerMessage["type"], Record<string, Check>> = {
  welcome: {
    id: isId,
    session: isText,
    principal: isPrincipal,
    heartbeat: isSeconds,
    limits: isObject,
    "token?": isText,
  },
  opened: placed,
  published: placed,
  subscribed: {
    id: isId,
    channel: isText,
    recovered: isFlag,
    entries: listOf(isEntry),
    position: isPosition,
    more: isFlag,
  },
  unsubscribed: { channel: isText, "id?": isId, "code?": isText },
  history: { id: isId, entries: listOf(isEntry), more: isFlag },
  presence: { channel: isText, members: listOf(isPrincipal), available: isFlag, "id?": isId },
  answers: { id: isId, answers: listOf(isObject) },
  entry: { channel: isText, entry: isEntry },
  signal: { channel: isText, from: isPrincipal, kind: isText, "data?": isObject },
  read: { channel: isText, from: isPrincipal, offset: isCount },
  ping: {},
  closing: { code: isId, reconnect_after: isSeconds },
  error: {
    code: isText,
    message: isText,
    "id?": isId,
    "retry_after?": isSeconds,
    "by?": isPrincipal,
    "state_offset?": isCount,
  },
};

function faultIn(
  frame: Record<string, unknown>,
  fields: Record<string, Check>,
): string | undefined {
  for (const [field, check] of Object.entries(fields)) {
    const optional = field.endsWith("?");
    const name = optional ? field.slice(0, -1) : field;
    const value = frame[name];
    if (value === undefined || value === null ? !optional : !check(value)) return name;
  }
  return undefined;
}

/**
 * Read one frame of the server.
 *
 * Throws CodecError when it is not JSON, of no known type, or lacks a field.
 */
export function decode(text: string): ServerMessage {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    throw new CodecError("bad_frame");
  }
  if (!isObject(frame)) throw new CodecError("bad_frame");
  const { type } = frame as { type?: unknown };
  if (typeof type !== "string") throw new CodecError("bad_field", "type");
  if (!Object.hasOwn(FRAMES, type)) throw new CodecError("unknown_type", type);
  const fault = faultIn(frame as Record<string, unknown>, FRAMES[type as ServerMessage["type"]]);
  if (fault) throw new CodecError("bad_field", `${type}.${fault}`);
  if (type === "signal") return { data: {}, ...(frame as object) } as ServerMessage;
  return frame as ServerMessage;
}

/** What a page may have in a text and no server takes: half a character, U+0000. */
const FOREIGN = /\p{Surrogate}|\0/gu;

/** Write one frame; absent fields are left out. */
export function encode(message: ClientMessage): string {
  return JSON.stringify(message, (_, value: unknown) =>
    typeof value === "string" ? value.replace(FOREIGN, "\ufffd") : value,
  );
}

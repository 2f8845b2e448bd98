/** Error codes and close codes, as far as a client acts on them (PROTOCOL.md §7, §8). */

/** Refused for now: the same request, with the same key, may be sent again. */
export const TEMPORARY: ReadonlySet<string> = new Set([
  "rate_limited",
  "retry_later",
  "too_many_requests",
  "unavailable",
  "outcome_unknown",
  "shutting_down",
  "internal",
]);

/** The credentials are no good: get others before connecting again. */
export const CREDENTIALS: ReadonlySet<string> = new Set([
  "token_invalid",
  "token_revoked",
  "token_expired",
  "origin_not_allowed",
]);

// One constant each, so that a bundle holds only what it uses.
export const NORMAL = 1000;
export const PROTOCOL_ERROR = 1002;
export const INVALID_UTF8 = 1007;
export const TOO_BIG = 1009;
export const GOING_AWAY = 4000;
export const HEARTBEAT_TIMEOUT = 4001;
export const SLOW_CONSUMER = 4002;
export const HELLO_TIMEOUT = 4003;
export const TOKEN_EXPIRED = 4005;
export const INTERNAL = 4006;
export const RATE_LIMITED = 4007;
export const TOO_MANY_ERRORS = 4500;
export const TOKEN_INVALID = 4501;
export const TOKEN_REVOKED = 4502;
export const SIGNED_OUT = 4503;
export const ORIGIN_NOT_ALLOWED = 4504;

const FATAL: ReadonlySet<number> = new Set([PROTOCOL_ERROR, INVALID_UTF8, TOO_BIG]);

/** Tell whether a client whose socket closed with `code` should connect again. */
export function mayReconnect(code: number): boolean {
  return code >= 4000 && code <= 4999 ? code < 4500 : !FATAL.has(code);
}

/** What the close codes from TOKEN_INVALID to ORIGIN_NOT_ALLOWED say. */
const REFUSALS = ["token_invalid", "token_revoked", "signed_out", "origin_not_allowed"];

/** The reason behind a close code that forbids connecting again. */
export function refusal(code: number): string {
  return REFUSALS[code - TOKEN_INVALID] ?? "refused";
}

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

export const CloseCode = {
  NORMAL: 1000,
  PROTOCOL_ERROR: 1002,
  INVALID_UTF8: 1007,
  TOO_BIG: 1009,
  GOING_AWAY: 4000,
  HEARTBEAT_TIMEOUT: 4001,
  SLOW_CONSUMER: 4002,
  HELLO_TIMEOUT: 4003,
  TOO_MANY_CONNECTIONS: 4004,
  TOKEN_EXPIRED: 4005,
  INTERNAL: 4006,
  RATE_LIMITED: 4007,
  TOO_MANY_ERRORS: 4500,
  TOKEN_INVALID: 4501,
  TOKEN_REVOKED: 4502,
  SIGNED_OUT: 4503,
  ORIGIN_NOT_ALLOWED: 4504,
} as const;

const FATAL: ReadonlySet<number> = new Set([
  CloseCode.PROTOCOL_ERROR,
  CloseCode.INVALID_UTF8,
  CloseCode.TOO_BIG,
]);

/** Tell whether a client whose socket closed with `code` should connect again. */
export function mayReconnect(code: number): boolean {
  return code >= 4000 && code <= 4999 ? code < 4500 : !FATAL.has(code);
}

/** The reason behind a close code that forbids connecting again. */
export function refusal(code: number): string {
  if (code === CloseCode.TOKEN_INVALID) return "token_invalid";
  if (code === CloseCode.TOKEN_REVOKED) return "token_revoked";
  if (code === CloseCode.SIGNED_OUT) return "signed_out";
  if (code === CloseCode.ORIGIN_NOT_ALLOWED) return "origin_not_allowed";
  return "refused";
}

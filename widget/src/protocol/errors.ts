/** Why a request came to nothing. */

import { TEMPORARY } from "./codes.ts";
import type { ErrorFrame, Principal } from "./messages.ts";

/** A request that was refused, or (`disconnected`, `timeout`) never answered. */
export class RequestError extends Error {
  readonly code: string;
  /** Seconds to wait before the same request may be sent again. */
  readonly retryAfter: number | undefined;
  /** With `already_taken`: who has the conversation. */
  readonly by: Principal | undefined;
  /** With `conflict` and `already_taken`: the offset to expect next time. */
  readonly stateOffset: number | undefined;

  constructor(frame: Pick<ErrorFrame, "code" | "message"> & Partial<ErrorFrame>) {
    super(frame.message);
    this.name = "RequestError";
    this.code = frame.code;
    this.retryAfter = frame.retry_after;
    this.by = frame.by;
    this.stateOffset = frame.state_offset;
  }

  /** The same request may succeed later. */
  get temporary(): boolean {
    return TEMPORARY.has(this.code) || this.code === "disconnected" || this.code === "timeout";
  }
}

/** The connection broke before the reply came. */
export function disconnected(): RequestError {
  return new RequestError({ code: "disconnected", message: "the connection broke" });
}

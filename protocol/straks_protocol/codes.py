"""Error codes and close codes: why something was refused, whether to try again."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final

__all__ = ["TEMPORARY", "CloseCode", "ErrorCode", "may_reconnect"]


class ErrorCode(StrEnum):
    """Why a request was refused; PROTOCOL.md §7 says what to do about each."""

    # The frame itself.
    BAD_FRAME = "bad_frame"
    UNKNOWN_TYPE = "unknown_type"
    BAD_FIELD = "bad_field"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    # Who is speaking.
    HELLO_REQUIRED = "hello_required"
    HELLO_TWICE = "hello_twice"
    TOKEN_INVALID = "token_invalid"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_REVOKED = "token_revoked"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    # What they may do.
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    UNKNOWN_KIND = "unknown_kind"
    BAD_DATA = "bad_data"
    # What the conversation's state allows.
    EXPECT_REQUIRED = "expect_required"
    CONFLICT = "conflict"
    ALREADY_TAKEN = "already_taken"
    WRONG_STATE = "wrong_state"
    LOG_FULL = "log_full"
    # For now only: the same request may be sent again.
    RATE_LIMITED = "rate_limited"
    RETRY_LATER = "retry_later"
    TOO_MANY_REQUESTS = "too_many_requests"
    TOO_MANY_SUBSCRIPTIONS = "too_many_subscriptions"
    UNAVAILABLE = "unavailable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    SHUTTING_DOWN = "shutting_down"
    INTERNAL = "internal"


TEMPORARY: Final = frozenset(
    {
        ErrorCode.RATE_LIMITED,
        ErrorCode.RETRY_LATER,
        ErrorCode.TOO_MANY_REQUESTS,
        ErrorCode.UNAVAILABLE,
        ErrorCode.OUTCOME_UNKNOWN,
        ErrorCode.SHUTTING_DOWN,
        ErrorCode.INTERNAL,
    }
)
"""Refused for now: send the same request, with the same key, again after ``retry_after``."""


class CloseCode(IntEnum):
    """Why a socket was closed: 4000-4499 reconnect with back-off, 4500-4999 do not."""

    # Of RFC 6455, as this protocol uses them.
    NORMAL = 1000
    PROTOCOL_ERROR = 1002
    INVALID_UTF8 = 1007
    TOO_BIG = 1009
    # Reconnect.
    GOING_AWAY = 4000
    HEARTBEAT_TIMEOUT = 4001
    SLOW_CONSUMER = 4002
    HELLO_TIMEOUT = 4003
    TOKEN_EXPIRED = 4005
    INTERNAL = 4006
    RATE_LIMITED = 4007
    # Do not reconnect with the same credentials.
    TOO_MANY_ERRORS = 4500
    TOKEN_INVALID = 4501
    TOKEN_REVOKED = 4502
    SIGNED_OUT = 4503
    ORIGIN_NOT_ALLOWED = 4504


def may_reconnect(code: int) -> bool:
    """Tell whether a client whose socket closed with ``code`` should connect again."""
    if 4000 <= code <= 4999:
        return code < 4500
    return code not in {CloseCode.PROTOCOL_ERROR, CloseCode.INVALID_UTF8, CloseCode.TOO_BIG}

"""How publishes end, in the words of the protocol."""

from __future__ import annotations

from typing import Final

from straks.conversation.errors import RefusedError
from straks.log.log import (
    Appended,
    AppendResult,
    BadItemError,
    Conflict,
    Full,
    LogError,
    OutcomeUnknownError,
)
from straks_protocol import ErrorCode

__all__ = [
    "RETRY_AFTER",
    "full",
    "not_found",
    "not_read",
    "out_of_turn",
    "outcome_of",
    "refused_for_now",
    "stopping",
    "unavailable",
]

RETRY_AFTER: Final = 1.0
"""Seconds after which what was refused for now may be tried again."""


def outcome_of(result: AppendResult | LogError) -> Appended | RefusedError:
    """Say what a result of the log means to who published."""
    if isinstance(result, Appended):
        return result
    if isinstance(result, Conflict):
        return RefusedError(
            ErrorCode.CONFLICT,
            f"The state changed at offset {result.state_offset}; look again.",
            state_offset=result.state_offset,
        )
    if isinstance(result, Full):
        return full()
    if isinstance(result, OutcomeUnknownError):
        return refused_for_now(
            ErrorCode.OUTCOME_UNKNOWN,
            "It is not known whether this was stored; send it again with the same key.",
        )
    if isinstance(result, BadItemError):
        return RefusedError(ErrorCode.BAD_DATA, f"This cannot be stored: {result}")
    return unavailable()


def full() -> RefusedError:
    """The conversation has no room left."""
    return RefusedError(
        ErrorCode.LOG_FULL, "The conversation is as long as it may be; open another."
    )


def unavailable() -> RefusedError:
    """The log cannot be read or written now."""
    return refused_for_now(
        ErrorCode.UNAVAILABLE, "The log cannot take this now; nothing was stored. Send it again."
    )


def stopping() -> RefusedError:
    """This server takes nothing more."""
    return refused_for_now(ErrorCode.SHUTTING_DOWN, "The server stops; connect again.")


def refused_for_now(code: ErrorCode, message: str) -> RefusedError:
    """Refuse what may be sent again in a while."""
    return RefusedError(code, message, retry_after=RETRY_AFTER)


def not_found() -> RefusedError:
    """Absent and foreign channels answer alike."""
    return RefusedError(ErrorCode.NOT_FOUND, "There is no such channel that is yours.")


def not_read(error: Exception) -> RefusedError:
    """Say why a conversation could not be read."""
    if isinstance(error, LogError):
        return unavailable()
    return refused_for_now(ErrorCode.INTERNAL, "The conversation cannot be read; it is our fault.")


def out_of_turn() -> RefusedError:
    """Something that the same sender wrote before it is not settled."""
    return refused_for_now(
        ErrorCode.RETRY_LATER, "An earlier publish is not settled; send both again, in order."
    )

"""The data of an entry as the log keeps it."""

from __future__ import annotations

from typing import Any

from straks.conversation.errors import RefusedError
from straks_protocol import ErrorCode, RemoteProtocolError, encode_data

__all__ = ["encode"]


def encode(channel_kind: str, kind: str, data: dict[str, Any]) -> bytes:
    """Give checked data as JSON.

    Raises:
        RefusedError: ``unknown_kind``, ``bad_data`` or ``too_large``.
    """
    try:
        return encode_data(channel_kind, kind, data)
    except RemoteProtocolError as error:
        raise RefusedError(error.code, error.message) from None
    except (TypeError, UnicodeError) as error:
        raise RefusedError(ErrorCode.BAD_DATA, f"data: is no JSON object ({error})") from None

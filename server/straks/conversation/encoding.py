"""The data of an entry as the log keeps it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from straks.conversation.errors import RefusedError
from straks_protocol import ErrorCode, RemoteProtocolError
from straks_protocol.kinds import validate

__all__ = ["encode"]

# What orjson gives is as fast, but holds on to 4 KiB of memory, and this is kept with the entry.
_encode: Final = msgspec.json.Encoder().encode


def encode(channel_kind: str, kind: str, data: dict[str, Any]) -> bytes:
    """Give checked data as JSON.

    Raises:
        RefusedError: ``unknown_kind``, ``bad_data`` or ``too_large``.
    """
    try:
        return _encode(validate(channel_kind, kind, data))
    except RemoteProtocolError as error:
        raise RefusedError(error.code, error.message) from None
    except (TypeError, ValueError) as error:
        raise RefusedError(ErrorCode.BAD_DATA, f"data: is no JSON object ({error})") from None

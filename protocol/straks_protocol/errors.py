"""What codecs, state machines and the client raise.

ProtocolError
├── LocalProtocolError      we tried to say something the protocol does not allow
└── RemoteProtocolError     the peer said it (carries the error code to answer with)
"""

from __future__ import annotations

from .codes import ErrorCode

__all__ = ["LocalProtocolError", "ProtocolError", "RemoteProtocolError"]


class ProtocolError(Exception):
    """The protocol was broken by one side."""


class LocalProtocolError(ProtocolError):
    """Our own side tried something that the protocol does not allow now."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what the protocol does not allow.

    ``request_id`` is the ``id`` of the offending request when one could be read.
    """

    def __init__(self, code: ErrorCode, message: str, request_id: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id

"""What the client raises.

Errors of the connection are not among them: the client connects again by itself.
"""

from __future__ import annotations

from straks_protocol import Error, Principal

__all__ = ["ClientError", "ClosedError", "ConnectError", "DisconnectedError", "RefusedError"]


class ClientError(Exception):
    """Something that was asked of the client was not done."""


class RefusedError(ClientError):
    """The server refused a request; the fields are those of the ``error`` frame."""

    def __init__(self, error: Error) -> None:
        super().__init__(f"{error.code}: {error.message}")
        self.code = error.code
        self.message = error.message
        self.retry_after: float | None = error.retry_after
        self.by: Principal | None = error.by
        self.state_offset: int | None = error.state_offset


class ConnectError(ClientError):
    """No server welcomed the client in time."""


class DisconnectedError(ClientError):
    """The connection ended, and the client must not connect again by itself.

    ``code`` is the close code; the message says what the server said.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed with {code}: {reason}")
        self.code = code
        self.reason = reason


class ClosedError(ClientError):
    """The client was closed by its own side."""

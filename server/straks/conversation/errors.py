"""Why the server refuses what a principal asks for."""

from __future__ import annotations

from straks.errors import StraksError
from straks_protocol import ErrorCode, Principal

__all__ = ["RefusedError"]


class RefusedError(StraksError):
    """A request was refused; the fields are those of the ``error`` frame (PROTOCOL.md §7)."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        retry_after: float | None = None,
        by: Principal | None = None,
        state_offset: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.by = by
        self.state_offset = state_offset

"""What goes wrong when data is moved."""

from __future__ import annotations

from straks.errors import StraksError

__all__ = ["MovingError"]


class MovingError(StraksError):
    """Nothing was moved. The message is one sentence that says what to do."""

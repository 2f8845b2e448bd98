"""What goes wrong with the records."""

from __future__ import annotations

from straks.errors import StraksError

__all__ = ["RecordsUnavailableError"]


class RecordsUnavailableError(StraksError):
    """The records cannot be read or written now; the same may work later."""

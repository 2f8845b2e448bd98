"""How many conversations visitors had before, for the few messages where that decides."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from straks.answers.personal import Known
from straks.records.errors import RecordsUnavailableError
from straks.telemetry import Trouble

__all__ = ["Earlier"]

_PATIENCE: Final = 1.0
"""Seconds after which it counts as none: whoever waits for an answer does not wait for this."""

_log = logging.getLogger(__name__)


class Earlier:
    """Counts them in the records; while those are away, nobody had any."""

    def __init__(self, known: Known | None, *, patience: float = _PATIENCE) -> None:
        """``known`` None: nobody had any, ever."""
        self.unasked: Final[int | None] = 0 if known is None else None
        """How many a visitor had before anything is looked up; None: that is not known."""
        self._known = known
        self._patience = patience
        self._trouble = Trouble(_log, "counting earlier conversations")

    async def count(self, visitors: Mapping[str, str]) -> dict[str, int]:
        """Count what each visitor had before a conversation, by its id; at once, not in turn.

        ``visitors``: their ids, by that of the conversation.
        """
        numbers = await asyncio.gather(*(self._of(v, c) for c, v in visitors.items()))
        return dict(zip(visitors, numbers, strict=True))

    async def _of(self, visitor_id: str, conversation_id: str) -> int:
        if self._known is None:
            return 0
        try:
            async with asyncio.timeout(self._patience):
                number = await self._known.earlier(visitor_id, conversation_id)
        except (RecordsUnavailableError, TimeoutError) as error:
            # Better an answer to an expert than none to anybody.
            self._trouble.failed(str(error) or "the records do not answer in time")
            return 0
        self._trouble.worked()
        return number

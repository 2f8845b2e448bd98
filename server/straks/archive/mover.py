"""Moves conversations that nobody has touched for long out of the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, Protocol

from straks.clock import Clock
from straks.log.log import LogError
from straks.records.errors import RecordsUnavailableError
from straks.telemetry import Trouble

__all__ = ["Mover"]

_log = logging.getLogger(__name__)

_PAGE: Final = 100
_MOST_SECONDS_BETWEEN: Final = 60.0
_START: Final = (-1, "")


class IdleConversations(Protocol):
    """Knows what has not changed for long, oldest first."""

    async def idle(
        self, before: int, after: tuple[int, str], limit: int
    ) -> Sequence[tuple[int, str]]: ...


class Takes(Protocol):
    """Moves one conversation, unless it has an entry that is not older."""

    async def take(self, conversation: str, before: int) -> bool: ...


class Tenure(Protocol):
    """Says whether this node is the one that does what one node does."""

    def tenure(self, partition: int) -> int | None: ...


class Mover:
    """One pass after another, on one of the nodes."""

    def __init__(
        self,
        conversations: IdleConversations,
        log: Takes,
        tenure: Tenure,
        clock: Clock,
        *,
        after_seconds: float,
        pause: float | None = None,
    ) -> None:
        """Take the parts.

        Args:
            conversations: says which may be moved.
            log: moves them.
            tenure: says whether this node does.
            clock: tells the time.
            after_seconds: without an entry, before a conversation is moved.
            pause: seconds between two passes; None: a quarter of that, and a minute at most.
        """
        self._conversations = conversations
        self._log = log
        self._tenure = tenure
        self._clock = clock
        self._after = after_seconds
        self._pause = pause or max(1.0, min(_MOST_SECONDS_BETWEEN, after_seconds / 4))
        self._trouble = Trouble(_log, "the archive")

    async def run(self) -> None:
        """Move until cancelled."""
        while True:
            await asyncio.sleep(self._pause)
            try:
                moved = await self.move_all()
            except (LogError, RecordsUnavailableError) as error:
                self._trouble.failed(error)
                continue
            self._trouble.worked()
            if moved:
                _log.info("%d conversations went to the archive", moved)

    async def move_all(self) -> int:
        """Move all that are old enough; give their number.

        Raises:
            LogError, RecordsUnavailableError: one could not be moved; a later pass will.
        """
        before = self._clock.now_ms() - round(self._after * 1000)
        moved, after = 0, _START
        while True:
            found = await self._conversations.idle(before, after, _PAGE)
            for _, ident in found:
                # Each may take long, and another may do this since.
                if self._tenure.tenure(0) is None:
                    return moved
                moved += await self._log.take(f"conversation:{ident}", before)
            if len(found) < _PAGE:
                return moved
            after = found[-1]

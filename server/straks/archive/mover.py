"""Moves conversations that nobody has touched for long out of the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
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
_MOST_FAILED: Final = 3
"""In a row: what fails then is not the conversation but the log or the archive."""


class IdleConversations(Protocol):
    """Knows what has not changed for long, oldest first."""

    async def idle(
        self, before: int, after: tuple[int, str], limit: int
    ) -> Sequence[tuple[int, str]]: ...

    async def found(self, idents: Sequence[str]) -> None:
        """Take note of conversations that the log has."""
        ...


class Takes(Protocol):
    """Moves one conversation, unless it has an entry that is not older."""

    async def take(self, conversation: str, before: int) -> bool: ...

    def here(self) -> AsyncIterator[str]:
        """Name the channels of all conversations that have not been moved."""
        ...


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
        self._failing: dict[str, None] = {}
        """Those that could not be moved, the one that was tried last at the end."""
        self._looked: int | None = None
        """The tenure in which it was looked what the log has, unless that may be in doubt."""

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
            LogError, RecordsUnavailableError: one could not be moved, and was passed over; or
                several in a row, after which nothing more was tried. A later pass will.
        """
        known = len(self._failing)
        try:
            await self._look()
            return await self._move_all()
        except (LogError, RecordsUnavailableError):
            if len(self._failing) != known:
                self._looked = None  # It is not known how far that came.
            raise

    async def _look(self) -> None:
        """Find out what the log has, once in a tenure and after a failure.

        What is noted may be wrong since a node ended half way, or a backup was put back; and what
        is noted to be in the archive is never asked for.
        """
        tenure = self._tenure.tenure(0)
        if tenure is None or tenure == self._looked:
            return
        page: set[str] = set()
        async for channel in self._log.here():
            page.add(channel.partition(":")[2])
            if len(page) == _PAGE:
                await self._conversations.found(sorted(page))
                page.clear()
        if page:
            await self._conversations.found(sorted(page))
        self._looked = tenure

    async def _move_all(self) -> int:
        before = self._clock.now_ms() - round(self._after * 1000)
        moved, after = 0, _START
        failures = _Failures()
        late: list[str] = []
        more = True
        while more and self._tenure.tenure(0) is not None:
            found = await self._conversations.idle(before, after, _PAGE)
            for _, ident in found:
                if ident in self._failing:
                    late.append(ident)  # After those that nothing is known against.
                else:
                    moved += await self._move(ident, before, failures)
            more = len(found) == _PAGE
            after = found[-1] if found else after
        order = {ident: place for place, ident in enumerate(self._failing)}
        for ident in sorted(late, key=order.__getitem__):
            moved += await self._move(ident, before, failures)
        if failures.first is not None:
            raise failures.first
        return moved

    async def _move(self, ident: str, before: int, failures: _Failures) -> bool:
        # Each may take long, and another may do this since.
        if self._tenure.tenure(0) is None:
            return False
        self._failing.pop(ident, None)
        try:
            moved = await self._log.take(f"conversation:{ident}", before)
        except (LogError, RecordsUnavailableError) as error:
            self._failing[ident] = None
            failures.first = failures.first or error
            failures.in_a_row += 1
            if failures.in_a_row == _MOST_FAILED:
                raise
            return False
        failures.in_a_row = 0
        return moved


class _Failures:
    """Those of one pass."""

    def __init__(self) -> None:
        self.first: LogError | RecordsUnavailableError | None = None
        self.in_a_row = 0

"""Folds of conversations that are not in memory, read from the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, TypeAlias

from straks.conversation.lane import Lane
from straks.conversation.model import fold
from straks.log.log import Log, LogError, LogUnavailableError

__all__ = ["Loader"]

_PAGE: Final = 500
_AT_ONCE: Final = 16
"""Conversations that are read at the same time: more than may wait for an archive that is slow."""

_log = logging.getLogger(__name__)

Ended: TypeAlias = Callable[[Lane, Exception | None], None]


class Loader:
    """Reads conversations in the order they were asked for, each once however many wait for it.

    Overflow policy "refuse": :meth:`start` says no when ``capacity`` are waiting.
    """

    def __init__(self, log: Log, ended: Ended, capacity: int) -> None:
        """``ended`` is told of each lane when its fold is up to date, or why it is not."""
        self._log = log
        self._ended = ended
        self._lanes: asyncio.Queue[Lane] = asyncio.Queue(capacity)
        self._stopped = False

    def start(self, lane: Lane) -> bool:
        """Bring a lane's fold up to date soon; tell whether there is room to do so."""
        if self._stopped:
            return False
        try:
            self._lanes.put_nowait(lane)
        except asyncio.QueueFull:
            return False
        lane.loading = True
        return True

    async def run(self) -> None:
        """Read until cancelled; then tell all that wait that it is over."""
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(_AT_ONCE):
                    workers.create_task(self._work())
        finally:
            self._stopped = True
            while not self._lanes.empty():
                self._end(self._lanes.get_nowait(), LogUnavailableError("the server stops"))

    async def _work(self) -> None:
        while True:
            lane = await self._lanes.get()
            try:
                await self._load(lane)
            except LogError as error:
                self._end(lane, error)
            except asyncio.CancelledError:
                self._end(lane, LogUnavailableError("the server stops"))
                raise
            except Exception as error:
                _log.exception("conversation %s cannot be read", lane.id)
                self._end(lane, error)
            else:
                self._end(lane, None)

    async def _load(self, lane: Lane) -> None:
        channel = f"conversation:{lane.id}"
        while True:
            last = 0 if lane.conversation is None else lane.conversation.last_offset
            page = await self._log.read(channel, after=last, limit=_PAGE)
            if lane.doubted:
                lane.doubted = False
                lane.conversation = None
                continue
            lane.conversation = fold(page.entries, lane.conversation)
            if not page.more and (not page.entries or page.entries[-1].offset >= lane.seen):
                return

    def _end(self, lane: Lane, error: Exception | None) -> None:
        lane.loading = False
        lane.seen = 0
        lane.stale = error is not None
        self._ended(lane, error)

"""Read watermarks on their way to Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from straks.log.log import LogError, LogUnavailableError
from straks.log.marks import Marks, MarkSet, by_lane
from straks.log.redis.codec import pack_marks
from straks.log.redis.lane import Lane
from straks.log.redis.reading import Reading

__all__ = ["Marking"]

_PATIENCE: Final = 1.0
"""Seconds for bringing back what watermarks are for; the housekeeping has more to do."""


class Marking:
    """Keeps what is raised until it is stored, also where the channel has left Redis since."""

    def __init__(
        self, lanes: Sequence[Lane], lane_of: Callable[[str], int], reading: Reading
    ) -> None:
        """``reading`` brings back what is elsewhere."""
        self._lanes: Final = lanes
        self._lane_of = lane_of
        self._reading = reading
        self._marks = Marks()

    def __bool__(self) -> bool:
        return bool(self._marks)

    def put(self, channel: str, reader: str, offset: int) -> None:
        """Raise a watermark."""
        self._marks.put(channel, reader, offset)

    def merge(self, channel: str, stored: Mapping[str, int], last: int) -> dict[str, int]:
        """Raise what Redis says by what it does not know yet, no higher than ``last``."""
        return self._marks.merge(channel, stored, last)

    async def store(self) -> None:
        """Store what waits. What cannot be stored waits for the next time.

        Raises:
            LogError: the first reason, after all that could be stored is.
        """
        marks = self._marks.take()
        left = dict(marks)
        errors: list[LogError] = []
        try:
            absent: MarkSet = {}
            for lane, some in by_lane(marks, self._lane_of).items():
                try:
                    absent |= await self._write(lane, some, left)
                except LogError as error:
                    errors.append(error)
            try:
                async with asyncio.timeout(_PATIENCE):
                    for channel in absent:
                        await self._follow(channel, left)
            except LogError as error:
                errors.append(error)
            except TimeoutError:
                errors.append(LogUnavailableError("what some watermarks are for is far away"))
        finally:
            self._marks.stored(marks)
            for channel, readers in left.items():
                for reader, offset in readers.items():
                    self._marks.put(channel, reader, offset)
        if errors:
            raise errors[0]

    async def _follow(self, channel: str, left: MarkSet) -> None:
        """Store those of a channel that is not in Redis: it comes back, or there is none."""
        tail = await self._reading.tail(channel)
        if tail.position.offset:
            await self._write(self._lane_of(channel), {channel: left[channel]}, left)
        else:
            del left[channel]

    async def _write(self, lane: int, marks: MarkSet, left: MarkSet) -> MarkSet:
        """Give those whose channels are not there; take the others out of what is left."""
        places = await self._lanes[lane].chore("mark", *pack_marks(marks))
        channels = list(marks)
        absent = {channels[place - 1] for place in places}
        for channel in channels:
            if channel not in absent:
                del left[channel]
        return {channel: marks[channel] for channel in absent}

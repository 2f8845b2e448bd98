"""One group commit per lane of a log."""

from __future__ import annotations

import asyncio

from straks.log.commit import Done, GroupCommit
from straks.log.log import Append, Log

__all__ = ["LaneCommit"]

_CAPACITY = 10_000
_LEAST = 2_500
"""What one lane may have at any rate: a burst may meet one alone."""


class LaneCommit:
    """The queues before a log: a lane whose storage is away does not keep the others waiting."""

    def __init__(self, log: Log) -> None:
        """Each lane has its share of the room, and more than that when there are few."""
        self._log = log
        capacity = max(_CAPACITY // log.lanes, _LEAST)
        self._lanes = [GroupCommit(log, capacity=capacity) for _ in range(log.lanes)]

    def submit(self, item: Append, done: Done) -> None:
        """Queue an item; see :meth:`straks.log.commit.GroupCommit.submit`."""
        lanes = self._lanes
        lane = lanes[self._log.lane_of(item.channel)] if len(lanes) > 1 else lanes[0]
        lane.submit(item, done)

    async def run(self) -> None:
        """Commit what is submitted, until :meth:`drain` or cancelled.

        Raises:
            LogBrokenError: the log's storage failed; the process must end.
        """
        if len(self._lanes) == 1:
            await self._lanes[0].run()
            return
        try:
            async with asyncio.TaskGroup() as group:
                for lane in self._lanes:
                    group.create_task(lane.run())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from failures

    async def drain(self) -> None:
        """Refuse what comes from now on, and return when everything before it is settled."""
        await asyncio.gather(*(lane.drain() for lane in self._lanes))

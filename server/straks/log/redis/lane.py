"""The connections to the master of some partitions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from straks.log.log import OutcomeUnknownError
from straks.log.redis.link import Link
from straks.log.redis.master import Master
from straks.log.redis.reader import Reader
from straks.log.redis.topology import Topology

__all__ = ["Lane"]


class Lane:
    """One connection each to append, to read, and for what may be done twice.

    What is read does not wait for what is appended, nor does a node's heartbeat.
    """

    def __init__(
        self,
        topology: Topology,
        number: int,
        *,
        deadline: float,
        doubt: Callable[[Lane], None],
    ) -> None:
        """``doubt`` is called when the storage may have lost what was acknowledged."""
        self.number: Final = number
        self.doubts = 0
        self.unsettled = False
        """An append failed, and it is not known whether it was executed."""
        self._doubt = doubt
        self._master = Master(topology, number, deadline=deadline, changed=self._changed)
        self.partitions: Final = self._master.partitions
        self.appends: Final = Link(self._master, deadline=deadline)
        self.reads: Final = Reader(self._master, deadline=deadline)
        self.talk: Final = Reader(self._master, deadline=min(1.0, deadline))
        self._chores = Link(self._master, deadline=deadline)
        self._chore = asyncio.Lock()

    @property
    def master(self) -> Master:
        """Whom this lane leads to."""
        return self._master

    async def chore(
        self, function: str, keys: Sequence[str], args: Sequence[Any], *, doubts: int | None = None
    ) -> Any:
        """Call a function that may be called twice, as on a connection that broke unnoticed.

        Args:
            doubts: the value of :attr:`doubts` that the call rests on.

        Raises:
            LogUnavailableError: the storage is away, or not what the call rests on.
            OutcomeUnknownError: it does not answer.
        """

        def holds() -> bool:
            return doubts is None or doubts == self.doubts

        async with self._chore:
            for tries_left in (1, 0):
                try:
                    await self._chores.connect()
                    return await self._chores.call(function, keys, args, holds=holds)
                except OutcomeUnknownError:
                    if not tries_left:
                        raise
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """Close all connections."""
        for connection in (self.appends, self.reads, self.talk, self._chores):
            connection.close()

    def _changed(self) -> None:
        self.doubts += 1
        self._doubt(self)

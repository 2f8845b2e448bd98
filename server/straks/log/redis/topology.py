"""Which server is the master of what: alone, with Sentinels, or in a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from straks.log.log import LogUnavailableError
from straks.log.redis.address import Access, Address, Where
from straks.log.redis.keys import PARTITIONS, slot_of
from straks.log.redis.wire import Command, ReplyError, open_wire

__all__ = ["NoMasterError", "Topology"]

_LEAST_PAUSE: Final = 0.1
"""Seconds between two looks, however many ask."""
_SENTINELS_EVERY: Final = 1.0
_CLUSTER_EVERY: Final = 5.0


class NoMasterError(Exception):
    """Nobody says where the master is."""


class Topology:
    """Tells the master of each lane.

    A lane is a set of partitions that one call can reach: all of them on a single server, each
    alone in a cluster, where partitions may move to other servers one by one.
    """

    def __init__(self, where: Where, *, clustered: bool, deadline: float) -> None:
        """Use :meth:`find`."""
        self.where = where
        self.clustered = clustered
        every = range(PARTITIONS)
        self.lanes: Final = [(number,) for number in every] if clustered else [tuple(every)]
        self._deadline = deadline
        self._masters: dict[int, Address] = {}
        self._known = list(where.addresses)
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = 0.0

    @classmethod
    async def find(cls, where: Where, *, deadline: float) -> Topology:
        """Find out what is there.

        Raises:
            OSError, ReplyError: none of the addresses can be used.
            NoMasterError: nobody says where the master is.
        """
        clustered = False
        if where.service is None:
            address, info = await _ask_any(
                where.addresses, where.access, ("INFO", "cluster"), deadline
            )
            clustered = b"cluster_enabled:1" in info
            if not clustered and len(where.addresses) > 1:
                raise NoMasterError(f"several servers must be one cluster, and {address} is not")
        topology = cls(where, clustered=clustered, deadline=deadline)
        await topology.refresh()
        return topology

    def lane_of(self, partition: int) -> int:
        """Tell the lane of a partition."""
        return partition if self.clustered else 0

    def master(self, lane: int) -> Address | None:
        """Give the master of a lane as far as is known; None: :meth:`refresh` first."""
        return self._masters.get(lane)

    def moved(self, lane: int, address: Address) -> None:
        """Take a server's word for where a lane has gone."""
        self._masters[lane] = address
        if address not in self._known:
            self._known.append(address)

    async def refresh(self) -> None:
        """Look where the masters are now; several who ask share one look.

        Raises:
            OSError, ReplyError: nobody who knows can be reached.
            NoMasterError: they do not know it either.
        """
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="redis topology")
        await asyncio.shield(self._looking)

    async def look_again(self) -> None:
        """Look whether the masters are where they were, if that is due.

        An old master that its Sentinels replaced may not know it yet, and goes on answering.

        Raises:
            LogUnavailableError: nobody can be asked; the masters known hold.
        """
        every = _SENTINELS_EVERY if self.where.service is not None else _CLUSTER_EVERY
        single = self.where.service is None and not self.clustered
        if single or asyncio.get_running_loop().time() < self._looked_at + every:
            return
        try:
            await self.refresh()
        except (OSError, ReplyError, NoMasterError) as error:
            raise LogUnavailableError(
                f"nobody says where the masters of Redis are: {error}"
            ) from error

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._looked_at + _LEAST_PAUSE - loop.time()))
        self._looked_at = loop.time()
        if self.where.service is not None:
            self._masters = {0: await self._ask_sentinels(self.where.service)}
        elif self.clustered:
            masters = await self._ask_cluster()
            self._masters = masters
            known = dict.fromkeys([*masters.values(), *self.where.addresses])
            self._known = list(known)
        else:
            self._masters = {0: self.where.addresses[0]}

    async def _ask_sentinels(self, service: str) -> Address:
        access = Access(
            self.where.access.username, self.where.access.password, 0, self.where.access.tls
        )
        command: Command = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", service)
        error: Exception = NoMasterError(f"no Sentinel knows a master called {service}")
        for number, address in enumerate(list(self._known)):
            try:
                found = await _ask_sentinel(address, access, command, self._deadline / 2)
            except (OSError, ReplyError) as failure:
                error = failure
                continue
            if found is not None:
                # The next look begins at one that answers.
                self._known = [*self._known[number:], *self._known[:number]]
                return Address(found[0].decode(), int(found[1]))
        raise error

    async def _ask_cluster(self) -> dict[int, Address]:
        asked, slots = await _ask_any(
            self._known, self.where.access, ("CLUSTER", "SLOTS"), self._deadline / 2
        )
        masters: dict[int, Address] = {}
        for first, last, (host, port, *_), *_replicas in slots:
            for partition in range(PARTITIONS):
                if first <= slot_of(partition) <= last:
                    # One that does not know its address, or hides it, has the one that was asked.
                    masters[partition] = Address(host.decode() if host else asked.host, port)
        if not masters:
            raise NoMasterError("the cluster serves no slots; create it first")
        return masters


async def _ask_sentinel(address: Address, access: Access, command: Command, deadline: float) -> Any:
    try:
        return await _ask(address, access, command, deadline)
    except ReplyError as error:
        # Sentinels often have no password although the servers they watch do, nor such a user.
        if access.password is None or not (error.code == "WRONGPASS" or "AUTH" in str(error)):
            raise
        return await _ask(address, Access(tls=access.tls), command, deadline)


async def _ask_any(
    addresses: Sequence[Address], access: Access, command: Command, deadline: float
) -> tuple[Address, Any]:
    """Ask the first that answers, and tell which one that was.

    Raises:
        OSError, ReplyError: that of the last.
    """
    error: Exception | None = None
    for address in list(addresses):
        try:
            return address, await _ask(address, access, command, deadline)
        except (OSError, ReplyError) as failure:
            error = failure
    assert error is not None
    raise error


async def _ask(address: Address, access: Access, command: Command, deadline: float) -> Any:
    wire = await open_wire(address, access, deadline=deadline)
    try:
        async with asyncio.timeout(deadline):
            reply = await wire.ask(command)
    finally:
        wire.close()
    if isinstance(reply, ReplyError):
        raise reply
    return reply

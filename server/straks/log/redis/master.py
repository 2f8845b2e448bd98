"""The master of one lane, whichever server that is now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from straks.log.log import LogUnavailableError
from straks.log.redis.address import Address
from straks.log.redis.topology import NoMasterError, Topology
from straks.log.redis.wire import ReplyError, Wire, open_wire

__all__ = ["Master"]

_ELSEWHERE: Final = frozenset({"MOVED", "ASK", "READONLY", "MASTERDOWN", "CLUSTERDOWN"})
"""What a server says that is not, or not any more, the one to ask."""


class Master:
    """Connects to the master of a lane.

    Another server than before, or the same one started again, may have lost what was
    acknowledged: ``changed`` is called before anything is asked of it.
    """

    def __init__(
        self, topology: Topology, lane: int, *, deadline: float, changed: Callable[[], None]
    ) -> None:
        """``deadline``: seconds within which there is a connection, or an error."""
        self.lane: Final = lane
        self.partitions: Final = topology.lanes[lane]
        self._topology = topology
        self._deadline = deadline
        self._changed = changed
        self._identity: tuple[str, str] | None = None
        self._wrong = False

    @property
    def shown(self) -> str:
        """The address as far as it is known, for people."""
        address = self._topology.master(self.lane)
        return self._topology.where.shown if address is None else str(address)

    def serves(self, wire: Wire) -> bool:
        """Tell whether a connection is open and still leads to the master."""
        return not wire.closed and wire.address == self._topology.master(self.lane)

    async def connect(self) -> Wire:
        """Make a connection.

        Raises:
            LogUnavailableError: there is none to be had now.
        """
        try:
            async with asyncio.timeout(self._deadline):
                if self._wrong or self._topology.master(self.lane) is None:
                    await self._topology.refresh()
                    self._wrong = False
                address = self._topology.master(self.lane)
                if address is None:
                    raise NoMasterError(f"nobody serves partition {self.partitions[0]}")
                access = self._topology.where.access
                wire = await open_wire(address, access, deadline=self._deadline)
                try:
                    await self._identify(wire)
                except BaseException:
                    wire.close()
                    raise
        except (OSError, ReplyError, NoMasterError) as error:
            self._wrong = True
            reason = str(error) or "it does not answer in time"
            raise LogUnavailableError(f"Redis cannot be reached: {reason}") from error
        return wire

    def refused(self, error: ReplyError) -> bool:
        """Note what a refusal says about where the master is.

        Returns whether the same may be asked again at once, of another connection.
        """
        if error.code not in _ELSEWHERE:
            return False
        self._wrong = True
        if error.code == "MOVED":
            _, _, slot_and_place = str(error).partition(" ")
            host, _, port = slot_and_place.partition(" ")[2].rpartition(":")
            if not port.isdecimal():
                return False
            before = self._topology.master(self.lane)
            here = before.host if before is not None else ""
            self._topology.moved(self.lane, Address(host or here, int(port)))
            self._wrong = False
        return error.code in {"MOVED", "READONLY"}

    async def _identify(self, wire: Wire) -> None:
        reply = await wire.ask(("INFO", "server", "replication"))
        if isinstance(reply, ReplyError):
            raise reply
        facts = dict(line.split(":", 1) for line in reply.decode().splitlines() if ":" in line)
        if facts.get("role") != "master":
            raise NoMasterError(f"{wire.address} is a replica")
        # One that was a replica meanwhile has another replication id, one that restarted
        # another run id.
        identity = (facts.get("run_id", ""), facts.get("master_replid", ""))
        before, self._identity = self._identity, identity
        if before is not None and before != identity:
            self._changed()

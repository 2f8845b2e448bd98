"""What one connection hears of what is published in a lane."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, Protocol

from straks.log.log import LogError, LogUnavailableError
from straks.log.redis.keys import probe_name
from straks.log.redis.master import Master
from straks.log.redis.reader import Reader
from straks.log.redis.wire import ReplyError, Wire
from straks.telemetry import Trouble

__all__ = ["Ear", "Listener"]

_LOG: Final = logging.getLogger(__name__)

_AT_ONCE: Final = 512
"""Names of one subscribe command."""
_PROBE_EVERY: Final = 0.3
_UNHEARD: Final = 0.9
"""Seconds after which what was surely published must have been heard."""
_PAUSES: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds before each try to connect after one that heard nothing; the last one holds."""


class Listener(Protocol):
    """Who is told. The methods must neither raise nor block."""

    def heard(self, name: bytes, payload: bytes) -> None:
        """Take what was published under a name."""
        ...

    def drained(self) -> None:
        """Learn that nothing more has come for now."""
        ...

    def up(self, name: bytes) -> None:
        """Learn that from now on a name is heard."""
        ...

    def down(self) -> None:
        """Learn that no name is heard now."""
        ...


class Ear:
    """Keeps one connection subscribed to all names that are wanted.

    Names are those of sharded pub/sub: they live where the keys of their partition live. Whether
    the connection hears at all is probed by publishing to oneself: one that is silently cut off
    looks like one on which nothing is said.
    """

    def __init__(self, master: Master, talk: Reader, node: str, listener: Listener) -> None:
        """``talk`` publishes the probes in the name of ``node``."""
        self._master = master
        self._talk = talk
        self._listener = listener
        partition = master.partitions[0]
        self._probe = probe_name(partition, node).encode()
        self._wanted: dict[bytes, bytes] = {self._probe: self._probe}
        self._new: dict[bytes, None] = {}
        self._old: dict[bytes, None] = {}
        self._leaving: Counter[bytes] = Counter()
        self._wire: Wire | None = None
        self._over = asyncio.Event()
        self._probed = 0
        self._heard = 0
        self._heard_at = float("-inf")
        self._trouble = Trouble(_LOG, "hearing what other servers append")

    @property
    def heard_at(self) -> float:
        """The loop's time at which a probe was heard last."""
        return self._heard_at

    def want(self, name: str) -> bytes:
        """Hear what is published under a name; nothing happens when it is wanted already.

        Gives the name as Redis says it.
        """
        key = name.encode()
        if (wanted := self._wanted.get(key)) is not None:
            return wanted
        self._wanted[key] = key
        if key in self._old:
            del self._old[key]
        else:
            self._soon(self._new, key)
        return key

    def drop(self, name: str) -> None:
        """End :meth:`want`; nothing happens when it is not wanted."""
        key = name.encode()
        if key not in self._wanted:
            return
        del self._wanted[key]
        if key in self._new:
            del self._new[key]
        else:
            self._soon(self._old, key)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        failures = 0
        try:
            while True:
                try:
                    self._wire = await self._master.connect()
                except LogError as error:
                    self._trouble.failed(error)
                else:
                    await self._stay(self._wire)
                    if self._heard:
                        failures = 0
                        continue
                # It may let us in and not subscribe: there is no haste for that either.
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1
        finally:
            if self._wire is not None:
                self._wire.close()

    async def _stay(self, wire: Wire) -> None:
        self._over = asyncio.Event()
        self._leaving.clear()
        self._new, self._old = {}, {}
        self._heard = 0
        wire.listen(self._take, self._listener.drained, self._lost)
        if wire.closed:
            self._lost()
        self._send(wire, b"SSUBSCRIBE", self._wanted)
        prober = asyncio.create_task(self._keep_probing(wire), name="redis probe")
        try:
            await self._over.wait()
        finally:
            prober.cancel()
            await asyncio.gather(prober, return_exceptions=True)
            wire.close()

    def _lost(self) -> None:
        if not self._over.is_set():
            self._over.set()
            self._wire = None
            self._listener.down()

    # --- subscribing ----------------------------------------------------------------------

    def _soon(self, names: dict[bytes, None], name: bytes) -> None:
        if self._wire is None:
            return  # All that is wanted is subscribed to when there is a connection.
        if not self._new and not self._old:
            asyncio.get_running_loop().call_soon(self._flush)
        names[name] = None

    def _flush(self) -> None:
        new, self._new = self._new, {}
        old, self._old = self._old, {}
        wire = self._wire
        if wire is None:
            return
        self._leaving.update(old.keys())
        self._send(wire, b"SUNSUBSCRIBE", old)
        self._send(wire, b"SSUBSCRIBE", [name for name in new if name in self._wanted])

    def _send(self, wire: Wire, verb: bytes, names: Iterable[bytes]) -> None:
        # In a cluster a lane is one slot, as the names of one command must be.
        rest = iter(names)
        while some := tuple(islice(rest, _AT_ONCE)):
            wire.send((verb, *some))

    # --- hearing --------------------------------------------------------------------------

    def _take(self, reply: Any) -> None:
        if isinstance(reply, ReplyError):
            # Not the master of this slot any more, or we may not subscribe.
            self._master.refused(reply)
            self._trouble.failed(reply)
            self._hang_up()
            return
        kind = reply[0]
        if kind == b"smessage":
            name = reply[1]
            if name == self._probe:
                self._heard = int(reply[2])
                self._heard_at = asyncio.get_running_loop().time()
                self._trouble.worked()
            else:
                self._listener.heard(name, reply[2])
        elif kind == b"ssubscribe":
            if reply[1] in self._wanted:
                self._listener.up(reply[1])
        elif kind == b"sunsubscribe":
            self._left(reply[1])

    def _left(self, name: bytes) -> None:
        if self._leaving[name] > 0:
            self._leaving[name] -= 1
            if not self._leaving[name]:
                del self._leaving[name]
        elif name in self._wanted:
            self._hang_up()  # Its slot has gone to another server.

    def _hang_up(self) -> None:
        if self._wire is not None:
            self._wire.close()

    # --- probing --------------------------------------------------------------------------

    async def _keep_probing(self, wire: Wire) -> None:
        while True:
            if not self._master.serves(wire):
                wire.close()
                return
            self._probed += 1
            probe = self._probed
            try:
                (hearers,) = await self._talk.ask(("SPUBLISH", self._probe, probe))
            except LogUnavailableError:
                pass  # This says nothing about the connection that listens.
            else:
                if await self._is_unheard(probe, hearers):
                    self._trouble.failed(LogUnavailableError("nothing is heard"))
                    wire.close()
                    return
            await asyncio.sleep(_PROBE_EVERY)

    async def _is_unheard(self, probe: int, hearers: int) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + (_UNHEARD if hearers else _PROBE_EVERY)
        while self._heard < probe:
            if loop.time() >= until:
                # A loop that was busy has not read yet what has come.
                await asyncio.sleep(0.05)
                return self._heard < probe
            await asyncio.sleep(0.05)
        return False

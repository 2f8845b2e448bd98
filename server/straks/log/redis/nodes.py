"""The nodes that share a Redis: who lives, what they tell each other, who reads which feed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence, Set
from functools import partial
from typing import Any, Final, TypeAlias

from straks.log.log import LogError
from straks.log.nodes import Heard
from straks.log.redis.keys import NODES, NOTES, PARTITIONS, TELL, channel_keys, owner_key
from straks.log.redis.lane import Lane
from straks.telemetry import Trouble

__all__ = ["TOKEN_LENGTH", "RedisNodes", "is_leaving", "rank"]

_LOG: Final = logging.getLogger(__name__)

_Parts: TypeAlias = Mapping[object, Callable[[], Coroutine[Any, Any, None]]]

TOKEN_LENGTH: Final = 16
"""Characters of what one incarnation of a node is called in messages."""
_LEAVES: Final = b"\xff"
"""What the note of a node begins with that has ended; it reads nothing any more."""
_LEASE: Final = 5.0
"""Seconds after its last beat at which a node counts as gone: longer than a restart takes."""
_OWNED: Final = 4.0
"""Seconds after which the consumers of another node take a partition over."""
_BEAT: Final = 1.0
_PATIENCE: Final = 2.5
"""Seconds that others get to beat again after this node could not see them."""


def rank(nodes: Sequence[str], partition: int) -> str:
    """Choose the node for a partition: the same on all nodes, and few move when one comes or goes.

    Rendezvous hashing (Thaler and Ravishankar, 1998).
    """
    return max(nodes, key=lambda node: hashlib.blake2b(f"{node}\n{partition}".encode()).digest())


class RedisNodes:
    """Implements :class:`straks.log.nodes.Nodes`, and the tenure of :class:`straks.log.log.Feed`.

    Every second a node says that it lives, and renews what it has. A partition has one tenant:
    the lease is Redis' word, its end on this side is counted from before it was asked for.
    """

    def __init__(
        self, name: str, token: str, lanes: Sequence[Lane], *, absence: float = 0.0
    ) -> None:
        """``token``: names this incarnation of the node ``name``.

        ``absence``: seconds that those who are here may take to come back to others when it
        leaves; as long they are counted as here.
        """
        self.tag: Final = f"{name}:{token}"
        self.token: Final = token
        self._lanes = lanes
        self._absence = absence
        self._note = b""
        self._others: dict[str, bytes] = {}
        self._leaving: frozenset[str] = frozenset()
        """Those of them that have ended, and count until their people had time to come back."""
        self._beaten = float("-inf")
        self._connected = True
        self._lenient_until = 0.0
        self._heard: Heard | None = None
        self._synced: list[Callable[[str], None]] = []
        self._changes: list[Callable[[], None]] = []
        self._tenants: list[Callable[[int], None]] = []
        self._held: dict[int, float] = {}
        """By partition, the loop's time until which it is surely ours."""
        self._epochs = [0] * PARTITIONS
        self._beat_now = asyncio.Event()
        self._trouble = Trouble(_LOG, "keeping in touch with the other servers")

    # --- the port -------------------------------------------------------------------------

    def tell(self, channel: str, message: bytes) -> None:
        """Tell the other nodes that follow a channel."""
        keys = channel_keys(channel)
        self._say(keys.partition, keys.live, message)

    def tell_all(self, message: bytes) -> None:
        """Tell every other node."""
        self._say(0, TELL, message)

    def _say(self, partition: int, name: str, message: bytes) -> None:
        lane = self._lanes[partition % len(self._lanes)]
        lane.talk.say(("SPUBLISH", name, b"s" + self.token.encode() + message))

    def hear(self, heard: Heard) -> None:
        """Call ``heard`` with what others tell."""
        self._heard = heard

    def on_sync(self, synced: Callable[[str], None]) -> None:
        """Call ``synced`` when a channel is heard again."""
        self._synced.append(synced)

    def note(self, note: bytes) -> None:
        """Let the others see ``note``, at once."""
        if note != self._note:
            self._note = note
            self._beat_now.set()

    def others(self) -> Mapping[str, bytes]:
        """Give the other nodes that live."""
        return self._others

    @property
    def leaving(self) -> Set[str]:
        """Those of the others that have ended: their people are to come back."""
        return self._leaving

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` after the others or the connection to them changed."""
        self._changes.append(changed)

    @property
    def connected(self) -> bool:
        """Whether the others can know that this node lives."""
        return self._connected

    # --- from the bus ---------------------------------------------------------------------

    def heard(self, channel: str, token: bytes, message: bytes) -> None:
        """Pass on what another node told ("" for all)."""
        if self._heard is not None:
            self._heard(channel, token.decode("ascii", "replace"), message)

    def synced(self, channel: str) -> None:
        """Pass on that a channel is heard."""
        for synced in self._synced:
            synced(channel)

    # --- tenure ---------------------------------------------------------------------------

    def tenure(self, partition: int) -> int | None:
        """See :meth:`straks.log.log.Feed.tenure`."""
        if self._held.get(partition, 0.0) <= asyncio.get_running_loop().time():
            return None
        return self._epochs[partition]

    def on_tenure(self, changed: Callable[[int], None]) -> None:
        """Call ``changed`` with a partition whose tenure has changed."""
        self._tenants.append(changed)

    def doubt(self, partitions: Sequence[int]) -> None:
        """Let the consumers begin anew at their cursors: the storage may have lost something."""
        for partition in partitions:
            self._epochs[partition] += 1
            self._tell_tenants(partition)

    def _tell_tenants(self, partition: int) -> None:
        for tenant in self._tenants:
            tenant(partition)

    # --- beating --------------------------------------------------------------------------

    async def run(self) -> None:
        """Say every second that this node lives, until cancelled."""
        loop = asyncio.get_running_loop()
        beating: _Parts = {"beat": self._try_to_beat}
        holding: _Parts = {lane.number: partial(self._hold, lane) for lane in self._lanes}
        doing: dict[object, asyncio.Task[None]] = {}
        try:
            while True:
                began = loop.time()
                self._beat_now.clear()
                await _go_on(beating, doing)
                await _go_on(holding, doing)
                self._look(loop.time())
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(began + _BEAT):
                        await self._beat_now.wait()
                        await asyncio.sleep(0.05)  # Notes may change many times at once.
        finally:
            for task in doing.values():
                task.cancel()
            await asyncio.gather(*doing.values(), return_exceptions=True)

    async def _try_to_beat(self) -> None:
        try:
            await self.beat()
        except LogError as error:
            self._trouble.failed(error)
        else:
            self._trouble.worked()

    async def beat(self) -> None:
        """Say that this node lives, and learn who else does.

        Raises:
            LogError: it cannot be said.
        """
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        args = (self.tag, round(_LEASE * 1000), self._note)
        flat = await self._lanes[0].chore("beat", [NODES, NOTES], args)
        if not self._connected or asked_at - self._beaten > _LEASE:
            # The others could not beat either, perhaps: they get time to come back.
            self._lenient_until = asked_at + _PATIENCE
        self._beaten = asked_at
        tags = [tag.decode("utf-8", "replace") for tag in flat[::2]]
        seen = {tag.rpartition(":")[2]: note for tag, note in zip(tags, flat[1::2], strict=True)}
        seen.pop(self.token, None)
        before = (self._others, self._connected)
        for token, note in self._others.items():
            if token not in seen and asked_at < self._lenient_until:
                seen[token] = note
        ended = {token for token, note in seen.items() if is_leaving(note)}
        self._leaving = frozenset(ended | (self._leaving & seen.keys()))
        self._others = {token: note.removeprefix(_LEAVES) for token, note in seen.items()}
        self._connected = True
        if before != (self._others, self._connected):
            self._tell_changed()

    def _look(self, now: float) -> None:
        if self._connected and now - self._beaten > _LEASE:
            self._connected = False
            self._tell_changed()
        for partition, until in list(self._held.items()):
            if until <= now:
                del self._held[partition]
                self._epochs[partition] += 1
                self._tell_tenants(partition)

    def _tell_changed(self) -> None:
        for changed in self._changes:
            changed()

    async def _hold(self, lane: Lane) -> None:
        """Renew or take what is this node's to read, and leave the rest to the others."""
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        nodes = [self.token, *(other for other in self._others if other not in self._leaving)]
        wanted = [rank(nodes, partition) == self.token for partition in lane.partitions]
        for partition, ours in zip(lane.partitions, wanted, strict=True):
            if not ours and self._held.pop(partition, None) is not None:
                self._epochs[partition] += 1
                self._tell_tenants(partition)
        keys = [owner_key(partition) for partition in lane.partitions]
        flags = ["1" if ours else "0" for ours in wanted]
        try:
            owners = await lane.chore("hold", keys, [self.tag, round(_OWNED * 1000), *flags])
        except LogError as error:
            self._trouble.failed(error, lane)
            return
        self._trouble.worked(lane)
        for partition, owner in zip(lane.partitions, owners, strict=True):
            self._note_owner(partition, owner == self.tag.encode(), asked_at + _OWNED)

    def _note_owner(self, partition: int, ours: bool, until: float) -> None:
        held_until = self._held.pop(partition, None)
        if ours:
            self._held[partition] = until
            # A lease that has run out is not the one that was given now, though nobody looked.
            now = asyncio.get_running_loop().time()
            changed = held_until is None or held_until <= now
        else:
            changed = held_until is not None
        if changed:
            self._epochs[partition] += 1
            self._tell_tenants(partition)

    async def leave(self) -> None:
        """Let others read what this node had, at once.

        It is not unsaid that this node lives, but said once more, for the time that its visitors
        and agents were given to come back to others: nobody should see them go.

        Raises:
            LogError: some of it could not be let go; its lease ends by itself.
        """
        for partition in list(self._held):
            self._note_owner(partition, False, 0.0)
        args = (self.tag, round(max(_LEASE, self._absence) * 1000), _LEAVES + self._note)
        left = await asyncio.gather(
            self._lanes[0].chore("beat", [NODES, NOTES], args),
            *(self._let_go(lane) for lane in self._lanes),
            return_exceptions=True,
        )
        for failure in left:
            if isinstance(failure, BaseException):
                raise failure

    async def _let_go(self, lane: Lane) -> None:
        keys = [owner_key(partition) for partition in lane.partitions]
        flags = ["0"] * len(keys)
        await lane.chore("hold", keys, [self.tag, round(_OWNED * 1000), *flags])


def is_leaving(note: bytes) -> bool:
    """Tell by its note whether a node said that it leaves."""
    return note.startswith(_LEAVES)


async def _go_on(parts: _Parts, doing: dict[object, asyncio.Task[None]]) -> None:
    """Do several things side by side, each once at a time.

    One that takes longer than a beat, since its master does not answer, goes on by itself: the
    others are not to wait for it.
    """
    for name, part in parts.items():
        if name not in doing:
            doing[name] = asyncio.create_task(part())
    await asyncio.wait([doing[name] for name in parts], timeout=_BEAT)
    for name in [name for name, task in doing.items() if task.done()]:
        doing.pop(name).result()

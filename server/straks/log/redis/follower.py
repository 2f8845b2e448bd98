"""The channels that have subscribers on this node, kept up to date."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from straks.log.log import Entry, LogError, LogUnavailableError, Page
from straks.log.redis.followed import Followed, Found
from straks.log.redis.keys import channel_keys
from straks.telemetry import Trouble
from straks_protocol import Position

__all__ = ["Follower", "Source"]

_LOG: Final = logging.getLogger(__name__)

_CHECKED_AT_ONCE: Final = 256
_READ_AT_ONCE: Final = 16
_PAGE: Final = 500
_AUDIT_EVERY: Final = 1.0
"""Seconds between two checks of followed channels of which nothing is suspected."""
_LINGER: Final = 2.0
"""Seconds for which a channel stays followed whose last subscriber has left: longer than watermarks
wait to be stored, so that no conversation goes to the archive without those of its subscribers."""
_PAUSE: Final = 0.2
"""Seconds before channels are checked again when the log could not be asked."""
_PATIENCE: Final = 3.0


class Source(Protocol):
    """The parts of the log that are asked, and the ear that is told what to hear."""

    async def positions(self, channels: Sequence[str]) -> Sequence[Position | None]: ...

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Page: ...


class Heard(Protocol):
    def want(self, name: str) -> bytes: ...

    def drop(self, name: str) -> None: ...


class _Place:
    """A followed channel."""

    __slots__ = ("channel", "followed", "heard", "left_at", "live", "told", "waiters")

    def __init__(self, channel: str, live: bytes) -> None:
        self.channel = channel
        self.live = live
        self.followed = Followed()
        self.heard = False
        self.left_at: float | None = None
        self.told = False
        """It was told that it is current, and nothing has happened since."""
        self.waiters: tuple[asyncio.Future[None], ...] = ()

    @property
    def current(self) -> bool:
        return self.heard and self.followed.last is not None and not self.followed.suspect


class Follower:
    """Delivers what is appended to followed channels of one lane, in order and without gaps.

    What the bus loses is read from the log: at a gap, after the bus was away, after the storage
    may have lost something, and, of a part of the channels every second, without any reason.
    """

    def __init__(
        self,
        source: Source,
        ear: Heard,
        *,
        deliver: Callable[[Sequence[Entry]], None],
        synced: Callable[[str, Position], None],
        forked: Callable[[str], None],
        current: set[str],
    ) -> None:
        """``current``: the channels of which all that is in them was delivered, as far as can be
        known; kept here for all who ask often.

        ``synced``: told of a channel that is up to date again, and where it ends.

        ``forked``: told of one whose subscribers were given what is not in the log any more.
        """
        self._source = source
        self._ear = ear
        self._deliver = deliver
        self._synced = synced
        self._forked = forked
        self._current = current
        self._places: dict[str, _Place] = {}
        self._by_live: dict[bytes, _Place] = {}
        self._leaving: deque[_Place] = deque()
        self._audit: deque[_Place] = deque()
        self._due: dict[str, _Place] = {}
        self._work = asyncio.Event()
        self._trouble = Trouble(_LOG, "looking after followed channels")

    # --- what is followed -----------------------------------------------------------------

    def follow(self, channel: str) -> None:
        """Deliver what is appended to a channel from now on."""
        place = self._places.get(channel)
        if place is not None:
            place.left_at = None
            return
        place = _Place(channel, self._ear.want(channel_keys(channel).live))
        self._places[channel] = self._by_live[place.live] = place
        self._audit.append(place)

    def unfollow(self, channel: str) -> None:
        """End that, after a while: who reloads a page comes back."""
        place = self._places.get(channel)
        if place is not None and place.left_at is None:
            place.left_at = asyncio.get_running_loop().time()
            self._leaving.append(place)

    async def synced(self, channel: str) -> None:
        """Wait until what is appended to a followed channel is delivered.

        Raises:
            LogUnavailableError: it takes too long.
        """
        place = self._places.get(channel)
        if place is None or channel in self._current:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place.waiters += (waiter,)
        try:
            async with asyncio.timeout(_PATIENCE):
                await waiter
        except TimeoutError as error:
            raise LogUnavailableError("the other servers are not heard now") from error

    # --- what comes in --------------------------------------------------------------------

    def channel_of(self, live: bytes) -> str | None:
        """Tell which followed channel a name belongs to."""
        place = self._by_live.get(live)
        return None if place is None else place.channel

    def take(self, before: str | None, entry: Entry) -> Sequence[Entry]:
        """Take an entry; gives what can be delivered, the entry itself if it is not followed."""
        place = self._places.get(entry.channel)
        if place is None or place.followed.last is None:
            return (entry,)
        delivered = place.followed.take(before, entry)
        if place.followed.suspect:
            self._check(place)
        return delivered

    def up(self, live: bytes) -> None:
        """Learn that a name is heard."""
        place = self._by_live.get(live)
        if place is not None:
            place.heard = True
            self._suspect(place)

    def down(self) -> None:
        """Learn that nothing is heard."""
        for place in self._places.values():
            place.heard = place.told = False
            self._current.discard(place.channel)

    def suspect(self, channel: str) -> None:
        """Learn that something on a channel could not be understood."""
        place = self._places.get(channel)
        if place is not None:
            self._suspect(place)

    def doubt(self) -> None:
        """Learn that the storage may have lost something."""
        for place in self._places.values():
            self._suspect(place)

    def _suspect(self, place: _Place) -> None:
        place.followed.doubted = True
        self._check(place)

    def _check(self, place: _Place) -> None:
        place.told = False
        self._current.discard(place.channel)
        self._due[place.channel] = place
        self._work.set()

    # --- looking after it -----------------------------------------------------------------

    async def run(self) -> None:
        """Check what is suspect, and a part of the rest every second, until cancelled."""
        loop = asyncio.get_running_loop()
        audit_at = loop.time() + _AUDIT_EVERY
        while True:
            if loop.time() >= audit_at:
                self._let_go(loop.time())
                self._look_around()
                audit_at = loop.time() + _AUDIT_EVERY
            if not self._due:
                self._work.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(audit_at):
                        await self._work.wait()
                continue
            places = [self._due.pop(name) for name in list(self._due)[:_CHECKED_AT_ONCE]]
            places = [place for place in places if self._places.get(place.channel) is place]
            try:
                if not await self._check_all(places):
                    await asyncio.sleep(_PAUSE)
            except LogError as error:
                self._trouble.failed(error)
                for place in places:
                    self._suspect(place)
                await asyncio.sleep(_PAUSE)
            else:
                self._trouble.worked()

    def _let_go(self, now: float) -> None:
        while self._leaving:
            place = self._leaving[0]
            if place.left_at is not None and place.left_at > now - _LINGER:
                break
            self._leaving.popleft()
            if place.left_at is not None and self._places.get(place.channel) is place:
                del self._places[place.channel], self._by_live[place.live]
                self._current.discard(place.channel)
                self._ear.drop(place.live.decode())

    def _look_around(self) -> None:
        """Have the next of those checked that nothing is suspected of."""
        for _ in range(min(_CHECKED_AT_ONCE, len(self._audit))):
            place = self._audit.popleft()
            if self._places.get(place.channel) is place:
                self._audit.append(place)
                self._due[place.channel] = place

    async def _check_all(self, places: Sequence[_Place]) -> bool:
        """Bring places up to date; tell whether where they end was known of all."""
        asked = [place.followed.ask() for place in places]
        ends = await self._source.positions([place.channel for place in places])
        behind: list[_Place] = []
        for place, asked_at, end in zip(places, asked, ends, strict=True):
            if end is None:
                self._suspect(place)
            elif asked_at is None:
                self._begin(place, end)
            else:
                found = place.followed.found(asked_at, end)
                if found is Found.MORE:
                    behind.append(place)  # It is settled when that is read.
                    continue
                if found is Found.FORKED:
                    self._begin(place, end)
                    self._forked(place.channel)
                self._settle(place)
        for start in range(0, len(behind), _READ_AT_ONCE):
            await _all([self._catch_up(place) for place in behind[start : start + _READ_AT_ONCE]])
        return None not in ends

    async def _catch_up(self, place: _Place) -> None:
        followed = place.followed
        more = True
        while more:
            assert followed.last is not None
            page = await self._source.read(
                place.channel, after=max(followed.last.offset - 1, 0), limit=_PAGE
            )
            delivered = followed.read(page.entries)
            if delivered:
                self._deliver(delivered)
            if followed.forked:
                (end,) = await self._source.positions([place.channel])
                if end is None:
                    raise LogUnavailableError(f"{place.channel} is elsewhere")
                self._begin(place, end)
                self._forked(place.channel)
                break
            more = page.more
        self._settle(place)

    def _begin(self, place: _Place, end: Position) -> None:
        delivered = place.followed.begin(end)
        if delivered:
            self._deliver(delivered)
        self._settle(place)

    def _settle(self, place: _Place) -> None:
        if place.followed.suspect:
            self._check(place)
        elif place.current and not place.told:
            place.told = True
            if self._places.get(place.channel) is place:
                self._current.add(place.channel)
            assert place.followed.last is not None
            self._synced(place.channel, place.followed.last)
            waiters, place.waiters = place.waiters, ()
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)


async def _all(work: Sequence[Awaitable[None]]) -> None:
    """Do several things at once; the first failure is raised when all have ended."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result

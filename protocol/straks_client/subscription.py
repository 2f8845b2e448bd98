"""One channel that a client follows, across connections."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Self, TypeAlias

from straks_protocol import (
    TEMPORARY,
    Entry,
    Error,
    ErrorCode,
    Position,
    PresencePush,
    ReadPush,
    RemoteProtocolError,
    SignalPush,
    Step,
    Subscribe,
    Subscribed,
    judge,
    position_of,
)
from straks_protocol.position import follows

from .errors import ClientError, RefusedError

__all__ = ["Event", "Push", "Reset", "Subscription"]

CAPACITY = 1_000
"""Events that wait to be read, at most; one page of the server's may come on top."""
_RETRY = 1.0
"""Seconds before a subscription that was refused for now is asked for again."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The log is not the one that was read: forget its entries; its latest page follows."""

    channel: str


Push: TypeAlias = SignalPush | ReadPush | PresencePush
Event: TypeAlias = Entry | Reset | Push


class _State(Enum):
    WANTED = "wanted"
    """The next thing to do is to ask for it."""
    ASKED = "asked"
    LIVE = "live"
    PAUSED = "paused"
    """The reader is too slow: nothing is taken until half of what waits is read."""
    OVER = "over"


class Subscription:
    """Entries of one channel, in order and without gaps; an asynchronous iterator of events.

    It follows the channel from connection to connection. Where the log lost what had been read,
    a :class:`Reset` says so, and the latest page follows. A reader that is too slow loses nothing:
    the subscription pauses, and goes on from where it stood ("pause and resume"). Signals,
    read watermarks and presence come along where ``pushes`` asks for them; they are dropped
    while it pauses.
    """

    def __init__(
        self,
        channel: str,
        *,
        after: Position | None,
        limit: int | None,
        pushes: bool,
        wake: Callable[[], None],
        leave: Callable[[Subscription], None],
        capacity: int = CAPACITY,
    ) -> None:
        self.channel = channel
        self.position = after
        """Of the last entry that came in; None before the first answer."""
        self._limit = limit
        self._pushes = pushes
        self._wake = wake
        self._leave = leave
        self._capacity = capacity
        self._state = _State.WANTED
        self._asked = 0
        """The id of the newest request; answers to older ones come too late to mean anything."""
        self._not_before = 0.0
        self._waiting: deque[Event] = deque()
        self._ready = asyncio.Event()
        self._error: ClientError | None = None

    # --- for the reader -------------------------------------------------------------------

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if self._state is _State.OVER:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        event = self._waiting.popleft()
        if self._state is _State.PAUSED and len(self._waiting) <= self._capacity // 2:
            self._want()
        return event

    @property
    def pending(self) -> int:
        """How many events wait to be read."""
        return len(self._waiting)

    def close(self) -> None:
        """Follow the channel no longer; what waits can still be read."""
        if self._state is not _State.OVER:
            self._state = _State.OVER
            self._ready.set()
            self._leave(self)

    # --- for the connection ---------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Whether everything was read and pushes go on from there."""
        return self._state is _State.LIVE

    @property
    def paused(self) -> bool:
        """Whether its reader is too slow."""
        return self._state is _State.PAUSED

    def due(self, now: float) -> float | None:
        """Return when there is something to ask the server, None for not now."""
        return max(now, self._not_before) if self._state is _State.WANTED else None

    def ask(self, request_id: int) -> Subscribe:
        """Make the request that is due."""
        self._state = _State.ASKED
        self._asked = request_id
        return Subscribe(
            id=request_id, channel=self.channel, after=self.position, limit=self._limit
        )

    def subscribed(self, reply: Subscribed) -> bool:
        """Take the answer; tell whether the log lost what had been read.

        Raises:
            RemoteProtocolError: the answer contradicts itself.
        """
        if self._state is not _State.ASKED or reply.id != self._asked:
            return False
        here, reset = self.position, False
        if here is None:
            here = _before(reply)
        elif not reply.recovered:
            here, reset = _before(reply), True
            self._put(Reset(self.channel))
        if not follows(here, reply.entries) or (reply.more and not reply.entries):
            raise RemoteProtocolError(
                ErrorCode.BAD_FIELD, f"entries: {self.channel} has a gap in its answer", reply.id
            )
        for entry in reply.entries:
            self._put(entry)
        if reply.entries:
            self.position = position_of(reply.entries[-1])
        elif self.position is None or reset:
            self.position = reply.position
        if len(self._waiting) > self._capacity // 2 and reply.more:
            self._state = _State.PAUSED
        elif reply.more:
            self._want()
        else:
            self._state = _State.LIVE
        return reset

    def refused(self, error: Error, now: float) -> None:
        """Take an error in place of an answer."""
        if self._state is not _State.ASKED or error.id != self._asked:
            return
        if error.code in TEMPORARY:
            self._not_before = now + (error.retry_after or _RETRY)
            self._want()
        else:
            self.fail(RefusedError(error))

    def pushed(self, entry: Entry) -> None:
        """Take a live entry, or find that the subscription has to be asked for again."""
        if self._state is not _State.LIVE or self.position is None:
            return  # the answer that is under way will have it
        step = judge(self.position, entry)
        if step.resubscribe:
            self._want()
        elif step is Step.NEXT:
            if len(self._waiting) >= self._capacity:
                self._state = _State.PAUSED
            else:
                self.position = position_of(entry)
                self._put(entry)

    def noted(self, push: Push) -> None:
        """Take what is true for seconds only; dropped when the reader is behind."""
        if self._pushes and self._state is _State.LIVE and len(self._waiting) < self._capacity:
            self._put(push)

    def ended(self, code: str) -> None:
        """Take a push that the server ended the subscription."""
        if code == "resync":
            if self._state is _State.LIVE:
                self._want()
        else:
            message = f"{self.channel} may not be read any longer"
            self.fail(RefusedError(Error(code=code, message=message)))

    def disconnected(self) -> None:
        """Ask again on the next connection, from where this one stood."""
        if self._state in (_State.ASKED, _State.LIVE):
            self._state = _State.WANTED
        self._not_before = 0.0

    def fail(self, error: ClientError) -> None:
        """End with an error, after what waits was read."""
        if self._state is not _State.OVER:
            self._error = error
            self.close()

    def _want(self) -> None:
        self._state = _State.WANTED
        self._wake()

    def _put(self, event: Event) -> None:
        self._waiting.append(event)
        self._ready.set()


def _before(reply: Subscribed) -> Position:
    """Return the position that a page begins after."""
    first = reply.entries[0].offset if reply.entries else reply.position.offset + 1
    return Position(offset=first - 1, id="")

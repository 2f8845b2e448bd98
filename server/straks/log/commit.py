"""Many appends into few commits."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from straks.log.log import (
    MAX_BATCH,
    Append,
    Appended,
    AppendResult,
    BadItemError,
    Log,
    LogError,
    LogUnavailableError,
    OutcomeUnknownError,
)
from straks.telemetry import Trouble

__all__ = ["Done", "GroupCommit"]

Done: TypeAlias = Callable[[AppendResult | LogError], None]
"""Told once what became of a submission; must not raise."""

_Key: TypeAlias = tuple[str, str, str]
_LONGEST_DELAY: Final = 1.0
_LOG: Final = logging.getLogger(__name__)


class _Waiter:
    """One submission that waits for an item."""

    __slots__ = ("done", "since")

    def __init__(self, done: Done, since: float) -> None:
        self.done: Done | None = done
        self.since = since


class _Item(_Waiter):
    """What is to be appended, the submission that brought it, those that joined."""

    __slots__ = ("append", "joined", "key")

    def __init__(self, append: Append, key: _Key, done: Done, since: float) -> None:
        self.done = done
        self.since = since
        self.append = append
        self.key = key
        self.joined: list[_Waiter] | None = None


class GroupCommit:
    """The queue before a log: what arrives while a commit is in flight forms the next one.

    Items are committed in the order of submission. When a commit fails, what waits behind it is
    refused too, so that nothing overtakes what came before it on its channel. When a commit's
    outcome is unknown, it is tried again until it is known and everything else waits.
    """

    def __init__(
        self,
        log: Log,
        *,
        capacity: int = 10_000,
        deadline: float = 10.0,
        first_delay: float = 0.05,
    ) -> None:
        """Prepare a queue of at most ``capacity`` submissions; more are refused.

        Args:
            deadline: seconds after which a submission is told that its outcome is unknown.
            first_delay: seconds before a commit of unknown outcome is tried again; doubles.
        """
        self._log = log
        self._capacity = capacity
        self._deadline = deadline
        self._first_delay = first_delay
        self._queue: deque[_Item] = deque()
        self._in_flight: list[_Item] = []
        self._by_key: dict[_Key, _Item] = {}
        self._waiting = 0
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self._trouble = Trouble(_LOG, "the log")
        self._watch: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, item: Append, done: Done) -> None:
        """Queue an item; ``done`` hears its result, or why there is none.

        The same channel, sender and key in flight joins the first: nothing more is appended.

        Raises:
            LogUnavailableError: the queue is full or closed. ``done`` is not called.
        """
        if self._closed:
            raise LogUnavailableError("the server is stopping")
        if self._waiting >= self._capacity:
            raise LogUnavailableError("too much is waiting to be written")
        loop = self._loop or self._start()
        since = loop.time()
        key = (item.channel, item.sender, item.key)
        first = self._by_key.get(key)
        self._waiting += 1
        if first is not None:
            if first.joined is None:
                first.joined = []
            first.joined.append(_Waiter(done, since))
            return
        self._by_key[key] = entry = _Item(item, key, done, since)
        queue = self._queue
        if not queue:
            self._wake.set()
            self._idle.clear()
        queue.append(entry)

    async def run(self) -> None:
        """Commit what is submitted, until :meth:`drain` or cancelled.

        Raises:
            LogBrokenError: the log's storage failed; the process must end.
        """
        try:
            while True:
                if not self._queue:
                    self._idle.set()
                    if self._closed:
                        return
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                await self._commit()
        finally:
            self._end()

    async def drain(self) -> None:
        """Refuse what comes from now on, and return when everything before it is settled."""
        self._closed = True
        self._wake.set()
        await self._idle.wait()

    async def _commit(self) -> None:
        queue = self._queue
        items = [queue.popleft() for _ in range(min(len(queue), MAX_BATCH))]
        self._in_flight = items
        batch = [item.append for item in items]
        try:
            await self._log.append(batch, self._told)
        except LogUnavailableError as error:
            self._trouble.failed(error)
            refused = [*self._in_flight, *queue]
            self._in_flight = []
            queue.clear()  # first: who hears of it may submit again
            self._refuse(refused, error)
            return
        except OutcomeUnknownError as error:
            self._trouble.failed(error)
        if self._in_flight:  # Nobody was told: it is not known what was stored.
            await self._settle(batch)

    def _told(self, results: Sequence[AppendResult | BadItemError]) -> None:
        self._trouble.worked()
        items, self._in_flight = self._in_flight, []
        by_key, report = self._by_key, self._report
        self._waiting -= len(items)
        for item, result in zip(items, results, strict=True):
            del by_key[item.key]
            report(item, result)
            if item.joined is not None:
                again = Appended(result.entry, True) if isinstance(result, Appended) else result
                for waiter in item.joined:
                    self._tell(waiter, again)

    async def _settle(self, batch: Sequence[Append]) -> None:
        """Append again what may have been stored, until it is known."""
        delay = self._first_delay
        while True:
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(2 * delay, _LONGEST_DELAY)
            try:
                await self._log.append(batch, self._told)
                return
            except OutcomeUnknownError:
                continue
            except LogUnavailableError:
                # This attempt stored nothing; what an earlier one did is still not known.
                continue

    def _tell(self, waiter: _Waiter, result: AppendResult | LogError) -> None:
        self._waiting -= 1
        self._report(waiter, result)

    def _report(self, waiter: _Waiter, result: AppendResult | LogError) -> None:
        done, waiter.done = waiter.done, None
        if done is None:
            return
        try:
            done(result)
        except Exception as error:
            # One caller's mistake must not keep the others from their results.
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"{done!r} raised on {result!r}", "exception": error}
            )

    def _refuse(self, items: Sequence[_Item], error: LogError) -> None:
        for item in items:
            del self._by_key[item.key]
        for item in items:
            for waiter in (item, *(item.joined or ())):
                self._tell(waiter, error)

    def _start(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.get_running_loop()
        self._watch = self._loop.call_later(min(1.0, self._deadline / 4), self._look)
        return self._loop

    def _look(self) -> None:
        """Tell those whose deadline has passed; their items stay where they are."""
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(min(1.0, self._deadline / 4), self._look)
        latest = loop.time() - self._deadline
        oldest = next(iter(self._by_key.values()), None)
        if oldest is None or oldest.since > latest:
            return
        error = OutcomeUnknownError("it takes too long to write; send it again with the same key")
        for item in tuple(self._by_key.values()):
            if item.since <= latest:
                self._report(item, error)
            if item.joined is not None:
                late = [waiter for waiter in item.joined if waiter.since <= latest]
                item.joined = [waiter for waiter in item.joined if waiter.since > latest]
                for waiter in late:  # who joins again and again must not fill the queue
                    self._tell(waiter, error)

    def _end(self) -> None:
        """Answer everybody who still waits when the writer ends."""
        self._closed = True
        if self._watch is not None:
            self._watch.cancel()
        in_flight, self._in_flight = self._in_flight, []
        self._refuse(in_flight, OutcomeUnknownError("the server stopped while it was writing"))
        rest = tuple(self._queue)
        self._queue.clear()
        self._refuse(rest, LogUnavailableError("the server is stopping"))
        self._idle.set()

"""A day, or several: visitors come and go, agents work, some just look."""

from __future__ import annotations

import asyncio
import sys
import time
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from bench.day.agent import Board, Desk
from bench.day.books import Books
from bench.day.plan import TALKS, Visit, plan
from bench.day.visitor import visit
from bench.latency import Latencies
from bench.peer import Peer
from bench.scenarios.ask import ANSWERS, QUESTIONS
from bench.scenarios.replay import load
from bench.server import Running, straks

__all__ = ["RATE", "Day", "told", "visits", "working"]

RATE: Final = 8.0
"""Visitors a second, on average."""
_AT_A_TIME: Final = 4
"""Conversations of one agent."""
_CONNECTING: Final = 50
"""Idle visitors who connect at the same time."""
_TOLD: Final = 20
"""Faults that are told, of all that are counted."""


def visits(options: Namespace, day: float | None = None) -> Iterator[Visit]:
    """Draw the visits that the command line asks for.

    Raises:
        BadFileError: the file of texts is none of chats.
    """
    talks: Any = TALKS
    if options.texts is not None:
        talks = load(options.texts, None).conversations
    rate = options.rate or RATE
    seconds = options.minutes * 60
    return plan(options.seed, seconds, rate, questions=QUESTIONS, talks=talks, day=day)


@asynccontextmanager
async def working(options: Namespace) -> AsyncIterator[Day]:
    """A server with everybody who is there from the beginning."""
    settings = {"max_connections": 1_000_000, "max_connections_per_address": 1_000_000}
    async with straks(options.backend, answers=ANSWERS, **settings) as server:
        day = Day(server, options.agents, options.seed)
        await day.begin(options.idle)
        try:
            yield day
        finally:
            day.close()


class Day:
    """Everybody who is there."""

    def __init__(self, server: Running, agents: int, seed: int) -> None:
        self.server = server
        self.books = Books()
        self.opened = 0
        """Visits that have begun."""
        self.here = 0
        """Visits that have not ended."""
        self.most = 0
        """Connections at the same time, at most, those of the agents aside."""
        self._lags: list[float] = []
        self._board = Board(server, self.books)
        self._desks = [
            Desk(server, self._board, self.books, number, seed) for number in range(agents)
        ]
        self._idle: list[Peer] = []

    async def begin(self, idle: int) -> None:
        """Let the agents sign in, and ``idle`` visitors come who stay until the end."""
        await self._board.begin()
        for start in range(0, idle, _CONNECTING):
            some = range(start, min(start + _CONNECTING, idle))
            self._idle += await asyncio.gather(*(Peer.connect(self.server.port) for _ in some))

    @property
    def connections(self) -> int:
        """Those of visitors that are open."""
        return self.here + len(self._idle)

    @property
    def stored(self) -> int:
        """Conversations that the server has acknowledged."""
        return len(self.books.tally.acked)

    async def run(self, visits: Iterator[Visit]) -> None:
        """Let everybody come when they come, and go when they have what they wanted.

        Raises:
            ExceptionGroup: the server refused what it must not, or cannot be reached.
        """
        began = time.perf_counter()
        async with asyncio.TaskGroup() as working:
            workers = [
                working.create_task(desk.work()) for desk in self._desks for _ in range(_AT_A_TIME)
            ]
            async with asyncio.TaskGroup() as visiting:
                for each in visits:
                    await asyncio.sleep(max(0.0, began + each.at - time.perf_counter()))
                    self._lags.append(time.perf_counter() - began - each.at)
                    visiting.create_task(self._visit(each))
            for _ in workers:
                self._board.waiting.put_nowait(None)

    async def _visit(self, what: Visit) -> None:
        self.opened += 1
        self.here += 1
        self.most = max(self.most, self.connections)
        try:
            await visit(self.server.port, what, self.books)
        finally:
            self.here -= 1

    async def row(self) -> dict[str, Any]:
        """Compare with what is stored, and give the figures of the day."""
        fresh = await Peer.connect(self.server.port, await self.server.agent_token())
        await self.books.compare(fresh)
        fresh.close()
        cut = sum(peer.gone for peer in self._idle)
        if cut:
            self.books.faults.append(f"{cut} connections of idle visitors ended")
        return {
            "visits": self.opened,
            "connections": self.most,
            "conversations": self.stored,
            # Later than this the load itself was: what it measured is worth no more.
            "late_p99_ms": round(Latencies.of(self._lags).percentile(99) * 1000, 3),
            **self.books.row(),
        }

    def close(self) -> None:
        """Let everybody leave who is still there."""
        self._board.close()
        for desk in self._desks:
            desk.close()
        for peer in self._idle:
            peer.close()


def told(books: Books, row: Mapping[str, Any]) -> None:
    """Say what went wrong, if anything did."""
    for fault in books.faults[:_TOLD]:
        print(fault, file=sys.stderr)
    if wrong := {name: row[name] for name in ("lost", "duplicated", "reordered") if row[name]}:
        print(f"Not everything arrived once and in order: {wrong}", file=sys.stderr)

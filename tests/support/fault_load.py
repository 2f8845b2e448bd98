"""The load under which things are broken: visitors and an agent who talk, on several nodes."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, Final

import pytest

from straks_client import Client, connect
from straks_protocol import Position
from tests.support.books import Books
from tests.support.nodes import ORIGIN, Nodes
from tests.support.tap import Tap

__all__ = ["MINUTE", "SHOP", "SOAK", "Load", "eager", "fault_test", "load", "rounds"]

SOAK: Final = float(os.environ.get("STRAKS_SOAK", "0"))
"""Minutes that a test goes on breaking things; 0 for once or a few times (``make soak``)."""
MINUTE: Final = 60.0 if SOAK else 4.0
"""Seconds of what is to last a minute: all of it in a soak only."""
SHOP: Final = "https://shop.example"
"""The site that visitors are on."""

_SEED: Final = 20_261_122
_BURST: Final = 4
"""Messages that a side writes without waiting, so that several are always on their way."""
_STANDSTILL: Final = 45.0
"""Seconds after which a load that gets nothing acknowledged is taken for stuck."""
_WORDS: Final = (
    "hello", "my", "lamp", "has", "not", "come", "48151623", "thank you", "æøå", "ł", "🙂",
)  # fmt: skip


def fault_test(seconds: float) -> pytest.MarkDecorator:
    """Mark tests that take up to ``seconds``, and longer in a soak."""
    return pytest.mark.timeout(seconds + 2 * 60 * SOAK)


def rounds(usual: int) -> Iterator[int]:
    """Count the times that something is broken: ``usual`` times, in a soak until time is up."""
    until = time.monotonic() + 60 * SOAK
    number = 0
    while number < usual or time.monotonic() < until:
        yield number
        number += 1


def eager() -> float:
    """Come back sooner than real clients do; the back-off itself has tests of its own."""
    return 0.05


class Load:
    """A load that runs; see :func:`load`."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.books = Books()
        self.random = random.Random(_SEED)
        self.taps: list[Tap] = []
        self.over = asyncio.Event()
        """Set when nothing more is broken, and talks may end."""

    @property
    def in_flight(self) -> int:
        """How many publishes have no answer now."""
        return sum(tap.unanswered for tap in self.taps)

    async def flow(self, count: int) -> None:
        """Return when ``count`` more were acknowledged.

        Raises:
            AssertionError: nothing is acknowledged any more.
        """
        due = self.books.acknowledged + count
        while self.books.acknowledged < due:
            before = self.books.acknowledged
            try:
                async with asyncio.timeout(_STANDSTILL):
                    while self.books.acknowledged == before:
                        await asyncio.sleep(0.001)
            except TimeoutError:
                raise AssertionError(f"the load stands still: {self._state()}") from None

    async def refused(self, code: str, count: int) -> None:
        """Return when the servers have answered ``count`` times more with an error."""
        due = self.books.errors[code] + count
        async with asyncio.timeout(_STANDSTILL):
            while self.books.errors[code] < due:
                await asyncio.sleep(0.01)

    async def in_motion(self) -> int:
        """Return when something is on its way; tell how much."""
        while (count := self.in_flight) == 0:
            await asyncio.sleep(0)
        return count

    def mark(self) -> None:
        """Measure from now on how long it takes until everything sent before is settled.

        Called where something breaks at once, or where what was broken is whole again.
        """
        self.books.mark()

    async def settled(self) -> None:
        """Return when everything is acknowledged and has reached both sides.

        Raises:
            AssertionError: that takes too long.
        """
        try:
            async with asyncio.timeout(_STANDSTILL):
                while self.books.unsettled():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"not everything arrives: {self._state()}") from None

    async def tap(self, nodes: Sequence[int]) -> Tap:
        """Open a way to the first of some nodes that is there."""
        ports = [self.nodes[number].port for number in nodes]
        self.taps.append(Tap(ports, self.books.seen))
        return self.taps[-1]

    def _state(self) -> str:
        unsettled = self.books.unsettled()
        return f"{self.books.outcome()}; {len(unsettled)} unsettled, {self.in_flight} in flight"


@asynccontextmanager
async def load(
    nodes: Nodes,
    title: str,
    *,
    visitors: Sequence[Sequence[int]] = ((0,),),
    agent: Sequence[int] = (-1,),
    conversations: int = 16,
    turns: int = 8,
    pause: float = 0.05,
) -> AsyncIterator[Load]:
    """Let visitors and the agent talk while the block breaks things; then hold everything to it.

    ``visitors`` are ways that visitors take in turn, ``agent`` is the agent's; each is a list of
    nodes, of which the first that is there is taken. Every conversation has at least ``turns``
    messages of each side; ``pause`` is between bursts, in seconds. At the end everybody has
    everything that was sent, once and in order, and the inbox shows every conversation as it is
    now, or the test fails; the figures are printed.
    """
    running = Load(nodes)
    async with AsyncExitStack() as stack:
        ways = [await stack.enter_async_context(await running.tap(way)) for way in visitors]
        agents = await stack.enter_async_context(await running.tap(agent))
        token = partial(nodes.token, agent[0])
        who = await stack.enter_async_context(
            connect(agents.url, token=token, origin=ORIGIN, random=eager)
        )
        async with asyncio.TaskGroup() as talks:
            for number in range(conversations):
                chance = random.Random(_SEED + number)
                talk = _Talk(running, who, chance, turns=turns, pause=pause)
                talks.create_task(talk.run(ways[number % len(ways)].url))
            yield running
            running.over.set()
        for number in range(len(nodes)):
            await _compare(running.books, nodes, number)
        await _listed(running.books, nodes)
    outcome = running.books.outcome()
    print(f"{title}: {outcome}")  # noqa: T201  -- the result
    outcome.check()


async def _compare(books: Books, nodes: Nodes, number: int) -> None:
    """Hold what passed against what a fresh subscriber reads on a node."""
    url, token = nodes[number].socket_url, partial(nodes.token, number)
    async with connect(url, token=token, origin=ORIGIN) as fresh:
        for channel in list(books.tally.acked):
            books.tally.compare(channel, await _history(fresh, channel))


async def _listed(books: Books, nodes: Nodes) -> None:
    """Wait until the inbox shows each conversation up to its end: its consumer has caught up."""
    ends = {
        channel.partition(":")[2]: max(
            stream.last for (_, of), stream in books.tally.streams.items() if of == channel
        )
        for channel in books.tally.acked
    }
    behind = ends
    try:
        async with asyncio.timeout(_STANDSTILL):
            while behind:
                reply = await nodes.get("/v1/inbox/default?state=mine&limit=200")
                if reply.status_code == 200:
                    rows = {row["id"]: row["offset"] for row in reply.json()["conversations"]}
                    behind = {id_: end for id_, end in ends.items() if rows.get(id_) != end}
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"the inbox does not show what came last: {behind}") from None


async def _history(client: Client, channel: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    more = True
    while more:
        page = await client.history(channel, after=len(entries))
        entries += ({"id": entry.id, "offset": entry.offset} for entry in page.entries)
        more = page.more
    return entries


class _Talk:
    """A generated conversation: a visitor and the agent take turns, each in bursts."""

    def __init__(
        self, load: Load, agent: Client, chance: random.Random, *, turns: int, pause: float
    ) -> None:
        self._load = load
        self._books = load.books
        self._agent = agent
        self._random = chance
        self._turns = turns
        self._pause = pause

    async def run(self, url: str) -> None:
        """Open it, have it accepted, talk, and see that both sides read all of it."""
        async with connect(url, origin=SHOP, random=eager) as visitor:
            key = self._key()
            opened = await visitor.open(self._text(), key=key)
            channel = opened.channel
            self._books.acked(channel, key, opened.offset, opened.entry_id)
            start = Position(offset=0, id="")
            here = visitor.subscribe(channel, after=start)
            there = self._agent.subscribe(channel, after=start)
            async with asyncio.TaskGroup() as readers:
                reading = [readers.create_task(_until_quiet(side)) for side in (here, there)]
                await self._publish(self._agent, channel, "accept", {}, opened.offset)
                await self._take_turns(visitor, channel)
                await self._load.settled()
                for task in reading:
                    task.cancel()

    async def _take_turns(self, visitor: Client, channel: str) -> None:
        turn = 0
        while turn < self._turns or not self._load.over.is_set():
            for side in (visitor, self._agent):
                async with asyncio.TaskGroup() as burst:
                    for _ in range(_BURST):
                        data = {"text": self._text()}
                        burst.create_task(self._publish(side, channel, "message", data))
            turn += _BURST
            await asyncio.sleep(self._pause * (0.5 + self._random.random()))

    async def _publish(
        self, side: Client, channel: str, kind: str, data: dict[str, Any], expect: int | None = None
    ) -> None:
        key = self._key()
        reply = await side.publish(channel, kind, data, expect=expect, key=key)
        self._books.acked(channel, key, reply.offset, reply.entry_id)

    def _key(self) -> str:
        bits = self._random.getrandbits(128)
        text = f"{bits & ~(0xF << 76) | (4 << 76):032x}"
        key = f"{text[:8]}-{text[8:12]}-{text[12:16]}-a{text[17:20]}-{text[20:]}"
        self._books.sent(key)
        return key

    def _text(self) -> str:
        return " ".join(self._random.choices(_WORDS, k=self._random.randint(1, 12)))


async def _until_quiet(side: Any) -> None:
    async for _ in side:
        pass

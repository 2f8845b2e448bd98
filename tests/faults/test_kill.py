"""The server is killed again and again under load: nothing is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.tally import Tally
from straks_client import Client, connect
from straks_protocol import Position
from tests.support.redis_server import redis_server
from tests.support.server import ServerProcess
from tests.support.tap import Connection, Frame, Tap

SEED = 20_261_122
KILLS = 20
CONVERSATIONS = 25
TURNS = 100
BURST = 4
"""Messages that a side writes without waiting, so that several are always on their way."""
EMAIL, PASSWORD = "anna@example.com", "correct horse battery"
WORDS = ("hello", "my", "lamp", "has", "not", "come", "48151623", "thank you", "æøå", "ł", "🙂")


@pytest.fixture(params=["sqlite", "redis"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server over either log; Redis writes every append to disk before it answers."""
    with ExitStack() as stack:
        url = None
        if request.param == "redis":
            folder = tmp_path / "redis"
            folder.mkdir()
            url = stack.enter_context(redis_server(folder, appendfsync="always")).url
        settings = {"publish_rate": "100000", "publish_burst": "100000"}
        process = ServerProcess(tmp_path, redis=url, **settings)
        process.add_agent(EMAIL, "Anna", PASSWORD)
        yield stack.enter_context(process)


class Books:
    """What passed on the wire, of all connections."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.resets = 0
        self._sent: dict[str, tuple[str, str]] = {}

    def sent(self, key: str) -> None:
        """Note a key that a client means to publish."""
        self._sent[key] = ("", "")
        self.tally.sent = len(self._sent)

    def seen(self, connection: Connection, frame: Frame) -> None:
        """Count one message of the server."""
        channel = frame.get("channel", "")
        if frame["type"] == "entry":
            self._arrived(connection, channel, frame["entry"])
        elif frame["type"] == "subscribed":
            for entry in frame["entries"]:
                self._arrived(connection, channel, entry)

    def _arrived(self, connection: Connection, channel: str, entry: dict[str, Any]) -> None:
        stream = self.tally.stream(connection.principal, channel)
        stream.arrived(entry["offset"], entry["id"])


async def test_twenty_kills_lose_double_and_reorder_nothing(running: ServerProcess) -> None:
    """Clients resend until acknowledged; then sent = acknowledged = delivered."""
    books = Books()
    origin = {"Origin": running.url}
    with httpx.Client(base_url=running.url, headers=origin, trust_env=False) as browser:
        running.sign_in(browser, EMAIL, PASSWORD)
        cookies = dict(browser.cookies)

    async def token() -> str:
        # The server may be dead just now: the client asks again with its next attempt.
        async with httpx.AsyncClient(
            base_url=running.url, headers=origin, cookies=cookies, trust_env=False
        ) as http:
            while True:
                try:
                    reply = await http.get("/v1/session")
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                reply.raise_for_status()
                return str(reply.json()["token"])

    async with (
        Tap(running.port, books.seen) as tap,
        connect(tap.url, token=token, origin=running.url, random=_eager) as agent,
    ):
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            killer = group.create_task(_kill(running, tap, books, done))
            async with asyncio.TaskGroup() as talks:
                for number in range(CONVERSATIONS):
                    talk = Talk(books, agent, random.Random(SEED + number))
                    talks.create_task(talk.run(tap.url))
            done.set()
        in_flight = killer.result()
        for channel in list(books.tally.acked):
            books.tally.compare(channel, await _history(agent, channel))
    counts = books.tally.counts()
    _tell(counts, in_flight)
    assert len(in_flight) == KILLS
    assert min(in_flight) >= 1
    assert counts["sent"] >= 5_000
    assert counts["acked"] == counts["sent"]
    assert counts["lost"] == counts["duplicated"] == counts["reordered"] == 0
    _all_delivered_to_both(books.tally)


def _eager() -> float:
    """Come back sooner than real clients do; the back-off itself has tests of its own."""
    return 0.05


async def _kill(running: ServerProcess, tap: Tap, books: Books, done: asyncio.Event) -> list[int]:
    """Kill whenever the next twentieth is acknowledged and something is on its way."""
    total = CONVERSATIONS * (TURNS * 2 + 2)
    chance = random.Random(SEED)
    in_flight: list[int] = []
    for number in range(KILLS):
        due = total * (number + chance.random()) / (KILLS + 1)
        while books.tally.counts()["acked"] < due or tap.unanswered == 0:
            assert not done.is_set(), "the load ended before the kills did"
            await asyncio.sleep(0.001)
        in_flight.append(tap.unanswered)
        running.kill()
        await running.start_async()
    return in_flight


async def _history(agent: Client, channel: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    more = True
    while more:
        page = await agent.history(channel, after=len(entries))
        entries += ({"id": entry.id, "offset": entry.offset} for entry in page.entries)
        more = page.more
    return entries


def _all_delivered_to_both(tally: Tally) -> None:
    for channel, acked in tally.acked.items():
        streams = [stream for (_, name), stream in tally.streams.items() if name == channel]
        assert len(streams) == 2, channel
        for stream in streams:
            assert set(acked) <= set(stream.seen), channel


def _tell(counts: dict[str, int], in_flight: list[int]) -> None:
    line = ", ".join(f"{name} {value}" for name, value in counts.items())
    print(f"kills {len(in_flight)} with {in_flight} in flight: {line}")  # noqa: T201  -- the result


class Talk:
    """A generated conversation: a visitor and the agent take turns, each in bursts."""

    def __init__(self, books: Books, agent: Client, chance: random.Random) -> None:
        self._books = books
        self._agent = agent
        self._random = chance

    async def run(self, url: str) -> None:
        """Open it, have it accepted, talk, and see that both sides read all of it."""
        async with connect(url, origin="https://shop.example", random=_eager) as visitor:
            key = self._key()
            opened = await visitor.open(self._text(), key=key)
            channel = opened.channel
            self._books.tally.ack(channel, key, opened.offset, opened.entry_id)
            start = Position(offset=0, id="")
            here = visitor.subscribe(channel, after=start)
            there = self._agent.subscribe(channel, after=start)
            async with asyncio.TaskGroup() as readers:
                reading = [readers.create_task(_until_quiet(side)) for side in (here, there)]
                await self._publish(self._agent, channel, "accept", {}, opened.offset)
                for turn in range(0, TURNS, BURST):
                    for side in (visitor, self._agent):
                        async with asyncio.TaskGroup() as burst:
                            for _ in range(min(BURST, TURNS - turn)):
                                data = {"text": self._text()}
                                burst.create_task(self._publish(side, channel, "message", data))
                last = max(self._books.tally.acked[channel])
                await _reached(self._books.tally, channel, last)
                for task in reading:
                    task.cancel()

    async def _publish(
        self, side: Client, channel: str, kind: str, data: dict[str, Any], expect: int | None = None
    ) -> None:
        key = self._key()
        reply = await side.publish(channel, kind, data, expect=expect, key=key)
        self._books.tally.ack(channel, key, reply.offset, reply.entry_id)

    def _key(self) -> str:
        bits = self._random.getrandbits(128)
        text = f"{bits & ~(0xF << 76) | (4 << 76):032x}"
        key = f"{text[:8]}-{text[8:12]}-{text[12:16]}-a{text[17:20]}-{text[20:]}"
        self._books.sent(key)
        return key

    def _text(self) -> str:
        return " ".join(self._random.choices(WORDS, k=self._random.randint(1, 12)))


async def _until_quiet(side: Any) -> None:
    async for _ in side:
        pass


async def _reached(tally: Tally, channel: str, last: int) -> None:
    async with asyncio.timeout(60):
        while not all(
            stream.last >= last for (_, name), stream in tally.streams.items() if name == channel
        ):
            await asyncio.sleep(0.01)


pytestmark = pytest.mark.timeout(400)

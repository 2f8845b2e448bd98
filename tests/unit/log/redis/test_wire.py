"""Redis' protocol over one connection, whole and broken."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.log.redis.address import Access, Address
from straks.log.redis.wire import ReplyError, Wire, WireError, open_wire
from tests.support.fake_redis import HANG_UP, FakeRedis, array, bulk, error
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.usefixtures("uncomplaining")

NOBODY = Address("127.0.0.1", 1)
LINE = st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=12)
REPLIES = st.recursive(
    st.one_of(
        st.none().map(lambda none: (none, b"$-1\r\n")),
        st.none().map(lambda none: (none, b"*-1\r\n")),
        st.binary(max_size=40).map(lambda data: (data, bulk(data))),
        st.integers(-(2**63), 2**63 - 1).map(lambda n: (n, b":%d\r\n" % n)),
        LINE.map(lambda text: (text.encode(), b"+%s\r\n" % text.encode())),
        LINE.map(lambda text: (ReplyError(text), error(text))),
    ),
    lambda inner: st.lists(inner, max_size=4).map(
        lambda pairs: (
            [value for value, _ in pairs],
            b"*%d\r\n" % len(pairs) + b"".join(packed for _, packed in pairs),
        )
    ),
    max_leaves=12,
)
"""What is said, and the bytes of it."""


class Sink(asyncio.Transport):
    """Where what a wire writes is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.ended = True


def wire_to(sink: Sink) -> Wire:
    wire = Wire(NOBODY)
    wire.connection_made(sink)
    return wire


def comparable(reply: Any) -> Any:
    """Give a reply with what errors say in their place: two errors are never equal."""
    if isinstance(reply, list):
        return [comparable(each) for each in reply]
    return ("error", str(reply)) if isinstance(reply, ReplyError) else reply


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    borders = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in zip(borders, borders[1:], strict=False)]


async def opened(fake: FakeRedis, access: Access | None = None) -> Wire:
    return await open_wire(fake.address, access or Access(), deadline=5.0)


# --- replies ---------------------------------------------------------------------------------


@given(st.lists(REPLIES, min_size=1, max_size=6), st.lists(st.integers(0, 10_000), max_size=12))
def test_replies_are_the_same_wherever_the_bytes_are_cut(
    replies: list[tuple[Any, bytes]], cuts: list[int]
) -> None:
    async def run() -> None:
        wire = wire_to(Sink())
        asked = [wire.ask(("GET", str(n))) for n in range(len(replies))]
        for piece in pieces(b"".join(packed for _, packed in replies), cuts):
            wire.data_received(piece)
        found = [comparable(each.result()) for each in asked]
        assert found == [comparable(value) for value, _ in replies]
        assert not wire.closed

    asyncio.run(run())


@given(st.lists(REPLIES, min_size=1, max_size=6), st.lists(st.integers(0, 10_000), max_size=12))
def test_what_is_pushed_is_the_same_wherever_the_bytes_are_cut(
    replies: list[tuple[Any, bytes]], cuts: list[int]
) -> None:
    async def run() -> None:
        wire = wire_to(Sink())
        pushed: list[Any] = []
        drained: list[int] = []
        wire.listen(pushed.append, lambda: drained.append(len(pushed)), lambda: None)
        for piece in pieces(b"".join(packed for _, packed in replies), cuts):
            wire.data_received(piece)
        assert [comparable(each) for each in pushed] == [comparable(value) for value, _ in replies]
        assert drained[-1] == len(pushed)

    asyncio.run(run())


@given(st.lists(st.sampled_from(["wait", "cancel", "send"]), max_size=20))
def test_each_gets_the_reply_to_its_own_question(fates: list[str]) -> None:
    async def run() -> None:
        wire = wire_to(Sink())
        asked: dict[int, asyncio.Future[Any]] = {}
        for n, fate in enumerate(fates):
            if fate == "send":
                wire.send(("PUBLISH", "a", n))
                continue
            question = wire.ask(("GET", n))
            if fate == "wait":
                asked[n] = question
            else:
                question.cancel()  # Its deadline passed; the reply comes all the same.
        for n in range(len(fates)):
            wire.data_received(b":%d\r\n" % n)
        assert {n: question.result() for n, question in asked.items()} == {n: n for n in asked}

    asyncio.run(run())


async def test_commands_of_strings_bytes_and_numbers_are_understood(server: RedisServer) -> None:
    wire = await open_wire(Address("127.0.0.1", server.port), Access(), deadline=5.0)
    try:
        key = "ключ\r\n"
        wire.send(("SET", key, b"\0\r\n\xff"), ("INCRBY", "number", 2**40))
        replies = await wire.ask_all([("GET", key), ("GET", "number"), ("HGET", key, "f")])
        assert replies[:2] == [b"\0\r\n\xff", b"%d" % 2**40]
        assert isinstance(replies[2], ReplyError)
        assert replies[2].code == "WRONGTYPE"
        assert await wire.ask_all([]) == []
    finally:
        wire.close()


# --- what breaks -----------------------------------------------------------------------------


@pytest.mark.parametrize("said", [b"", b"$5\r\nhal", b"*2\r\n:1\r\n", b":1"])
async def test_a_connection_that_breaks_within_a_reply_fails_all_that_wait(
    fake: FakeRedis, said: bytes
) -> None:
    fake.replies["GET"] = b":0\r\n" + said + HANG_UP
    wire = await opened(fake)
    first, rest, late = wire.ask(("GET", "a")), wire.ask(("GET", "b")), wire.ask(("GET", "c"))
    late.cancel()
    assert await first == 0
    with pytest.raises(WireError, match="broke"):
        await rest
    assert wire.closed
    with pytest.raises(WireError, match="closed"):
        await wire.ask(("GET", "d"))
    with pytest.raises(WireError, match="closed"):
        await wire.ask_all([("GET", "d")])
    wire.send(("GET", "d"))


async def test_several_that_are_asked_at_once_fail_together(fake: FakeRedis) -> None:
    fake.replies["GET"] = b":0\r\n" + HANG_UP
    wire = await opened(fake)
    with pytest.raises(WireError):
        await wire.ask_all([("GET", n) for n in range(5)])


async def test_several_that_nobody_waits_for_any_more_do_not_shift_the_rest(
    fake: FakeRedis,
) -> None:
    fake.replies["GET"] = None
    wire = await opened(fake)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await wire.ask_all([("GET", n) for n in range(3)])
    own = wire.ask(("GET", 3))
    await fake.heard_of("GET", 4)
    fake.say(b":0\r\n:1\r\n:2\r\n:3\r\n")
    assert await own == 3
    wire.close()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"$x\r\n",
        b"*-7\r\n",
        b":1:\r\n",
        b"\0",
        b"+a\r\n+b\r\n",
    ],
)
async def test_who_is_no_redis_or_says_more_than_was_asked_is_left(
    fake: FakeRedis, nonsense: bytes
) -> None:
    fake.replies["GET"] = nonsense
    wire = await opened(fake)
    question = wire.ask(("GET", "a"))
    await fake.until(lambda: wire.closed and not fake.connections)
    if not nonsense.startswith(b"+"):
        with pytest.raises(WireError):
            await question


async def test_a_closed_connection_fails_what_waits_and_says_so_once(fake: FakeRedis) -> None:
    fake.replies["GET"] = None
    wire = await opened(fake)
    lost: list[bool] = []
    question = wire.ask(("GET", "a"))
    wire.listen(lambda _: None, lambda: None, lambda: lost.append(wire.closed))
    wire.close()
    wire.close()
    with pytest.raises(WireError):
        await question
    await fake.until(lambda: not fake.connections)
    assert lost == [True]


async def test_nothing_is_handed_on_behind_the_end() -> None:
    sink = Sink()
    wire = wire_to(sink)
    told: list[Any] = []

    def take(reply: Any) -> None:
        told.append(reply)
        if isinstance(reply, ReplyError):
            wire.close()

    wire.listen(take, lambda: told.append("drained"), lambda: told.append("lost"))
    wire.data_received(b":1\r\n-MOVED 1 a:1\r\n" + array("ssubscribe", "a", 1))
    assert comparable(told) == [1, ("error", "MOVED 1 a:1"), "lost"]
    assert sink.ended


# --- being let in ----------------------------------------------------------------------------


async def test_the_password_goes_first_and_the_database_next(fake: FakeRedis) -> None:
    for access in (
        Access(),
        Access(database=3),
        Access(password="p"),
        Access(username="u", password="", database=1),
    ):
        (await opened(fake, access)).close()
    await fake.until(lambda: not fake.connections)
    assert fake.heard == [
        [b"SELECT", b"3"],
        [b"AUTH", b"p"],
        [b"AUTH", b"u", b""],
        [b"SELECT", b"1"],
    ]


async def test_who_is_not_let_in_is_told_why_and_leaves(server: RedisServer) -> None:
    address = Address("127.0.0.1", server.port)
    with server.client() as client:
        before = client.info("clients")["connected_clients"]
        with pytest.raises(ReplyError, match="WRONGPASS") as caught:
            await open_wire(address, Access("nobody", "wrong"), deadline=5.0)
        assert caught.value.code == "WRONGPASS"
        with pytest.raises(ReplyError, match="out of range"):
            await open_wire(address, Access(database=9999), deadline=5.0)
        while client.info("clients")["connected_clients"] > before:
            await asyncio.sleep(0.01)


async def test_who_is_not_answered_in_time_leaves(fake: FakeRedis) -> None:
    fake.replies["AUTH"] = None
    with pytest.raises(TimeoutError):
        await open_wire(fake.address, Access(password="p"), deadline=0.1)
    await fake.until(lambda: fake.accepted == 1 and not fake.connections)


async def test_a_reply_in_halves_is_one_that_does_not_come_in_time(fake: FakeRedis) -> None:
    fake.replies["AUTH"] = b"+O"
    with pytest.raises(TimeoutError):
        await open_wire(fake.address, Access(password="p"), deadline=0.1)


@pytest.mark.parametrize("host", ["127.0.0.1", "two..dots", "x" * 70])
async def test_nobody_there_is_an_error_of_the_system(host: str) -> None:
    with pytest.raises(OSError, match=r"."):
        await open_wire(Address(host, 1), Access(), deadline=5.0)


async def test_a_socket_of_the_file_system_is_an_address(tmp_path: Path) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _reader.read(1)
        writer.write(b"+PONG\r\n")
        writer.close()

    path = tmp_path / "redis.sock"
    async with await asyncio.start_unix_server(greet, path):
        wire = await open_wire(Address(str(path), 0), Access(), deadline=5.0)
        assert await wire.ask(("PING",)) == b"PONG"
        wire.close()
